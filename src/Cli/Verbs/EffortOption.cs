using System.CommandLine;
using System.Globalization;
using Sim.Mapper.Search;

namespace Sim.Cli.Verbs;

/// <summary>`--effort N|full`: how long a search may look before it says how far it is from a proved bound.</summary>
internal static class EffortOption
{
    private const string Full = "full";

    /// <summary>The option.</summary>
    public static Option<string> Create()
    {
        string standard = SearchEffort.Default.ToString(CultureInfo.InvariantCulture);
        var option = new Option<string>("--effort")
        {
            Description = "Counted steps of about a nanosecond for a layer, the same on every machine; "
                + $"{Full}: until the optimum is proved",
            DefaultValueFactory = _ => standard,
            HelpName = "N",
        };
        option.Validators.Add(given =>
        {
            if (given.GetValueOrDefault<string>() is { } text && Parse(text) is null)
                given.AddError($"--effort: '{text}' is neither a whole number of steps of at least 1 nor '{Full}'");
        });
        return option;
    }

    /// <summary>Steps; null when the text is no effort.</summary>
    public static long? Parse(string text) => text == Full ? SearchEffort.Full
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long steps) && steps > 0 ? steps : null;
}
