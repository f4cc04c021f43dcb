using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Hierarchies.Reading;

/// <summary>The `ports` of a memory.</summary>
internal static class PortsType
{
    private static readonly YamlField<int> Read = Count("read", "Ports that only read.");
    private static readonly YamlField<int> Write = Count("write", "Ports that only write.");
    private static readonly YamlField<int> Shared = Count("shared", "Ports that read or write, one of both a cycle.");

    /// <summary>The type.</summary>
    public static YamlType<MemoryPorts> Instance { get; } = YamlTypes.Map<MemoryPorts>(
        new YamlSchema("ports", "Access ports of each bank.", [Read, Write, Shared]), Make);

    private static YamlField<int> Count(string name, string description) =>
        YamlField.Optional(name, YamlTypes.Integer(0, 64), 0, "0", description);

    private static bool Make(YamlMap map, DiagnosticBag bag, out MemoryPorts value)
    {
        int before = bag.ErrorCount;
        value = new MemoryPorts(Read.Read(map, bag), Write.Read(map, bag), Shared.Read(map, bag));
        if (bag.ErrorCount > before) return false;
        foreach ((string verb, int own) in new[] { ("reads", value.Read), ("writes", value.Write) })
            if (own + value.Shared == 0)
                bag.Error(map.Location, "CFG134", $"no port {verb}: 'ports' needs a '{verb[..^1]}' or a 'shared' port");
        return bag.ErrorCount == before;
    }
}
