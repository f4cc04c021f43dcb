using System.Collections.Immutable;
using Sim.Foundation;

namespace Sim.Verification.Claims;

/// <summary>The orders by name.</summary>
public static class SumOrderCatalogue
{
    private static readonly ImmutableArray<(string Name, Func<int, SumOrder?> Make)> List =
    [
        ("sequential", n => n == 0 ? new SequentialOrder() : null),
        ("any", n => n == 0 ? new AnyOrder() : null),
        ("final", n => n == 0 ? new FinalOrder() : null),
        ("tiles", n => n > 0 ? new TiledOrder(n) : null),
        ("tree", n => n > 1 ? new TreeOrder(n) : null),
    ];

    /// <summary>What <see cref="Parse"/> takes, for messages.</summary>
    public const string Grammar = "sequential, any, final, tiles:N (N products a tile), tree:N (N ≥ 2 lanes)";

    /// <summary>The order of a text such as tiles:64; null when there is none.</summary>
    public static SumOrder? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(':');
        int number = 0;
        if (parts.Length > 2 || parts.Length == 2 && (!StrictNumber.TryWhole(parts[1], out number) || number <= 0)) return null;
        return List.FirstOrDefault(o => o.Name == parts[0]).Make?.Invoke(number);
    }
}
