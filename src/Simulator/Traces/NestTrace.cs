using System.Globalization;
using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Nests;
using Sim.Mapper.Timing;
using Sim.Simulator.Nests;

namespace Sim.Simulator.Traces;

/// <summary>
/// A network on the machine for nests as a trace for Perfetto: tracks for the layers, the products and waits of the array, groups of PEs,
/// each port and bus of every memory, and the vector unit.
/// </summary>
public sealed class NestTrace(HierarchicalArchitecture architecture) : INestNetworkObserver
{
    /// <summary>Slices that a trace holds at most; a layer that would need more is not in it, nor are those behind it.</summary>
    public const int MostSlices = 2_000_000;

    private readonly TraceText _text = new();
    private readonly List<string> _groups = [];
    private readonly Dictionary<string, TimingResource> _resources = new(StringComparer.Ordinal);
    private int _before;

    /// <summary>The first layer that is not in the trace; null: all are.</summary>
    public string? LeftOut { get; private set; }

    /// <inheritdoc/>
    public INestObserver? Watch(string layer, LoopNest nest, long begin)
    {
        ArgumentNullException.ThrowIfNull(nest);
        _before = _text.Count;
        return LeftOut is null ? new Layer(this, nest, begin) : null;
    }

    /// <inheritdoc/>
    public void Done(NestMachineLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        if (LeftOut is null && _text.Count > MostSlices)
        {
            _text.Forget(_before);
            LeftOut = layer.Name;
        }
        if (layer.Cycles == 0 || LeftOut is not null) return;
        _text.Add("layers", layer.Name, layer.Begin, layer.Begin + layer.Cycles);
        if (layer.Layer is not null) return;
        if (layer.Vector.Lanes > 0) _text.Add("vector unit", layer.Name, layer.Begin, layer.Begin + layer.Vector.Lanes);
        if (layer.Vector.Bus == 0) return;
        MemoryLevel outermost = architecture.Hierarchy.Memory(0);
        _text.Add(Known(new(0, outermost.Name, WaitKind.Bus, null)), "vector unit", layer.Begin, layer.Begin + layer.Vector.Bus);
    }

    /// <summary>The trace.</summary>
    public string Write() => _text.Write(architecture.Name, ["layers", "array: products", "array: waits", .. _groups.Distinct(),
        .. _resources.OrderBy(r => r.Value.Level).ThenBy(r => r.Value.Operand).ThenBy(r => r.Value.Kind).Select(r => r.Key),
        "vector unit"]);

    private string Known(TimingResource resource)
    {
        string name = resource.ToString();
        _resources.TryAdd(name, resource);
        return name;
    }

    private sealed class Layer : INestObserver
    {
        private readonly NestTrace _trace;
        private readonly long _origin;
        private readonly PlaceGroups _groups;
        private readonly ChunkWork _work;
        private string[] _tracks = [];

        public Layer(NestTrace trace, LoopNest nest, long origin)
        {
            (_trace, _origin) = (trace, origin);
            _groups = new PlaceGroups(nest, trace.Machine);
            _work = new ChunkWork(nest, _groups);
            trace._groups.AddRange(_groups.Names);
        }

        public INestRegisters? Registers => null;

        public void Begin(IReadOnlyList<TimingResource> resources) => _tracks = [.. resources.Select(r => r.Kind is WaitKind.Buffer
            or WaitKind.Latency ? r.ToString() : _trace.Known(r))];

        public void Use(int resource, long begin, long end, Operand? operand) =>
            Add(_tracks[resource], operand is { } o ? $"tile of {OperandNames.Of(o)}" : "products", begin, end);

        public void Products(ReadOnlySpan<long> index, long begin, long end)
        {
            (long[] macs, int[] places) = _work.Of(index);
            Add("array: products", "products", begin, end, string.Create(CultureInfo.InvariantCulture, $"{{\"macs\":{macs.Sum()}}}"));
            for (int g = 0; g < macs.Length; g++)
                if (macs[g] > 0)
                    Add(_groups.Names[g], places[g] == 1 ? "1 PE" : string.Create(CultureInfo.InvariantCulture, $"{places[g]} PEs"),
                        begin, end, string.Create(CultureInfo.InvariantCulture, $"{{\"macs\":{macs[g]}}}"));
        }

        public void Wait(int resource, long begin, long end) =>
            Add("array: waits", resource < 0 ? "drain" : _tracks[resource], begin, end);

        public void OutputsLeave()
        {
        }

        private void Add(string track, string name, long begin, long end, string? arguments = null)
        {
            if (end > begin && _trace._text.Count <= MostSlices) _trace._text.Add(track, name, _origin + begin, _origin + end, arguments);
        }
    }

    private Hierarchy Machine => architecture.Hierarchy;
}
