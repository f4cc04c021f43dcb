using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Networks;

/// <summary>How a group of layers runs tile by tile.</summary>
/// <param name="TileRows">Rows of the last layer's result in a tile.</param>
/// <param name="Tiles">Tiles of a sample, or of a group of products.</param>
/// <param name="KeepsHalo">Whether rows that the next tile needs are kept; else they are made again.</param>
/// <param name="KeepsWeights">Whether all second operands stay while tiles pass; else each tile reads them again.</param>
/// <param name="ExtraMacs">Multiply-accumulates done again.</param>
public sealed record FusionPlan(long TileRows, long Tiles, bool KeepsHalo, bool KeepsWeights, long ExtraMacs);

/// <summary>
/// Consecutive layers that run tile by tile over the rows of the last one's result. What is made inside and read only inside never leaves
/// the chip. Samples run one after the other; so do groups of products where all matrix layers have the same.
/// </summary>
internal sealed class FusedGroup
{
    private static readonly HashSet<string> Pointwise =
    [
        "Abs", "Add", "BatchNormalization", "Clip", "Div", "Elu", "Erf", "Exp", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu", "Log",
        "Max", "Min", "Mish", "Mul", "Neg", "PRelu", "Relu", "Relu6", "Sigmoid", "Silu", "Softplus", "Sqrt", "Sub", "Swish", "Tanh",
    ];

    private static readonly HashSet<string> Rowwise = ["Softmax", "LayerNormalization", "RMSNormalization", "SimplifiedLayerNormalization"];

    private readonly ScheduleNetwork _network;
    private readonly ScheduleLayer[] _layers;
    private readonly List<RowTensor> _tensors = [];
    private readonly int[] _made;
    private readonly HashSet<int> _exported;
    private readonly List<(FusionPlan Plan, FusionRows Rows)> _plans = [];
    private FusedWays? _ways;

    private FusedGroup(ScheduleNetwork network, int first, int last)
    {
        _network = network;
        _layers = network.Layers.AsSpan(first, last - first + 1).ToArray();
        _made = new int[_layers.Length];
        _exported = [.. _layers.SelectMany(l => l.Outputs).Where(t => network.Tensors[t] is var tensor && (tensor.IsResult
            || !tensor.MayStay || tensor.Last > last || tensor.Producer == last))];
    }

    /// <summary>Outer iterations: samples, or groups of products that all matrix layers share.</summary>
    public long Outer { get; private set; }

    private bool ByGroups { get; set; }

    /// <summary>Whether a layer makes each element of its result from one element of each operand.</summary>
    public static bool IsPointwise(ScheduleLayer layer) => layer.Matrix is null && layer.Outputs.Length == 1 && layer.HasGivenParameters
        && layer.Inputs.Length > 0 && Pointwise.Contains(layer.OpType);

    /// <summary>Whether a layer may be one of a group at all.</summary>
    public static bool CanHold(ScheduleLayer layer) => layer.Outputs.Length == 1 && layer.HasGivenParameters && layer.Inputs.Length > 0
        && (layer.Matrix is not null || Pointwise.Contains(layer.OpType) || Rowwise.Contains(layer.OpType));

    /// <summary>The group of layers; null when they cannot run so.</summary>
    public static FusedGroup? Of(ScheduleNetwork network, StageMemory stage, (int First, int Last) span, ImmutableArray<int> touched,
        RowMemory memory)
    {
        var group = new FusedGroup(network, span.First, span.Last);
        if (!group.Connect(memory)) return null;
        group._ways = new FusedWays(network, stage, group._layers, group._tensors, group._made, group._exported, group.ByGroups,
            group.Outer, group._plans, touched);
        return group;
    }

    /// <summary>Plans by the index in choices.</summary>
    public FusionPlan Plan(int index) => _plans[index >> 1].Plan with
    {
        KeepsWeights = (index & 1) != 0, ExtraMacs = ExtraMacs(_plans[index >> 1].Rows, _plans[index >> 1].Plan.KeepsHalo),
    };

    /// <summary>Adds the ways to run the group while those of the touched tensors whose bits are set are on chip.</summary>
    public void Add(ulong onChip, long room, List<ItemChoice> ways) => _ways!.Add(onChip, room, ways);

    private long ExtraMacs(FusionRows rows, bool keep)
    {
        long extra = 0;
        for (int i = 0; i < _layers.Length; i++)
            if (_layers[i].Matrix is { } work)
                extra = checked(extra + (work.Macs / work.Rows.Outputs * Math.Max(0, rows.Made(_made[i], keep) - work.Rows.Outputs)));
        return extra;
    }

    private bool Connect(RowMemory memory)
    {
        if (_layers.All(l => l.Matrix is null)) return false;
        MatrixWork[] works = [.. _layers.Select(l => l.Matrix).OfType<MatrixWork>()];
        ByGroups = works.All(w => !w.IsImage && w.Groups == works[0].Groups) && works[0].Groups > 1;
        Outer = ByGroups ? works[0].Groups : works[0].Samples;
        if (works.Any(w => w.Samples != works[0].Samples)) return false;
        var rowsOf = new Dictionary<int, RowTensor>();
        var external = new List<RowTensor>();
        for (int i = 0; i < _layers.Length; i++)
        {
            ScheduleLayer layer = _layers[i];
            if (layer.Second >= 0 && rowsOf.TryGetValue(layer.Second, out RowTensor? inside) && inside.Maker >= 0) return false;
            if (!CanHold(layer) || Rows(layer, rowsOf) is not var (rows, axis, inputElements) || rows < 1) return false;
            foreach (int input in layer.Inputs)
            {
                if (!rowsOf.TryGetValue(input, out RowTensor? tensor))
                    external.Add(rowsOf[input] = tensor = new RowTensor(input, -1, axis.Size));
                if (tensor.Rows != axis.Size || Elements(input) != inputElements) return false;
                if (_network.Tensors[input].Bits % (Outer * tensor.Rows) != 0) return false;
                tensor.Readers.Add((i, axis));
                tensor.LastReader = i;
            }
            rowsOf[layer.Outputs[0]] = new RowTensor(layer.Outputs[0], i, rows);
        }
        int result = _layers[^1].Outputs[0];
        _tensors.AddRange(external);
        _tensors.AddRange(_layers.Select(l => rowsOf[l.Outputs[0]]));
        for (int i = 0; i < _layers.Length; i++) _made[i] = external.Count + i;
        rowsOf[result].LastReader = _layers.Length;
        if (_tensors.Any(t => t.Maker >= 0 && t.Tensor != result && t.Readers.Count == 0)) return false;
        foreach (long tile in TileSizes.Of(rowsOf[result].Rows))
        {
            var rows = new FusionRows(_tensors, _made, tile, memory);
            // What others need too must be made in whole.
            if (_tensors.Where((t, i) => t.Maker >= 0 && _exported.Contains(t.Tensor) && rows.Uses[i].Once < t.Rows).Any()) continue;
            foreach (bool keep in rows.Overlaps ? [false, true] : new[] { false })
                _plans.Add((new FusionPlan(tile, rows.Tiles, keep, false, 0), rows));
        }
        return true;
    }

    private long Elements(int tensor) => _network.Tensors[tensor].Bits;

    // Rows of the result, what a row needs of the input, and stored bits of the whole input.
    private (long Rows, WindowAxis Axis, long InputBits)? Rows(ScheduleLayer layer, Dictionary<int, RowTensor> known)
    {
        Packing packing = _network.Packing.Activations;
        if (layer.Matrix is { } work)
        {
            if (layer.Inputs.Length != 1 || Elements(layer.Outputs[0]) != packing.StoredBits(work.OutputElements)) return null;
            long inputs = checked(work.Samples * work.Groups * work.Channels * work.Rows.Size * work.Columns.Size);
            return (work.Rows.Outputs, work.Rows, packing.StoredBits(inputs));
        }
        long result = Elements(layer.Outputs[0]);
        if (layer.Inputs.Length == 0 || layer.Inputs.Any(t => Elements(t) != result)) return null;
        bool image = _layers.Any(l => l.Matrix is { IsImage: true });
        if (!Pointwise.Contains(layer.OpType) && !(Rowwise.Contains(layer.OpType) && !image)) return null;
        RowTensor? first = layer.Inputs.Select(t => known.GetValueOrDefault(t)).FirstOrDefault(t => t is not null);
        long rows = first?.Rows ?? FirstReaderRows(layer.Outputs[0]);
        return (rows, WindowAxis.Plain(rows), result);
    }

    // A group that begins with a vector layer has the rows of the matrix layer behind it.
    private long FirstReaderRows(int tensor)
    {
        foreach (ScheduleLayer layer in _layers)
        {
            if (!layer.Inputs.Contains(tensor)) continue;
            return layer.Matrix is { } work ? work.Rows.Size : FirstReaderRows(layer.Outputs[0]);
        }
        return -1;
    }
}
