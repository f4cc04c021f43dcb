using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Networks;

/// <summary>
/// The ways to run one layer: of a matrix layer its tilings, of a vector layer one: its elements stream through. Pointwise layers behind
/// it may take its finished results before they leave.
/// </summary>
internal sealed class LayerItems(ScheduleNetwork network, StageMemory stage)
{
    private readonly Dictionary<MatrixWork, ImmutableArray<LayerTiling>> _tilings = [];
    private readonly Dictionary<(MatrixWork, int OnChip, int Beside),
        ImmutableArray<(long Room, long Read, long Write, int Tiling)>> _curves = [];

    /// <summary>Tilings of a layer's work; plans are their indices.</summary>
    public ImmutableArray<LayerTiling> Tilings(MatrixWork work)
    {
        if (!_tilings.TryGetValue(work, out ImmutableArray<LayerTiling> tilings))
            _tilings[work] = tilings = [.. LayerTiling.All(work)];
        return tilings;
    }

    /// <summary>The last layer of those that can take what a layer makes, one after the other; the layer itself when there is none.
    /// What they make between them is read by the next one alone.</summary>
    public int LastBehind(int first)
    {
        int last = first;
        if (network.Layers[first] is not { Outputs.Length: 1 } layer) return first;
        if (layer.Matrix is null && !FusedGroup.IsPointwise(layer)) return first;
        while (last + 1 < network.Layers.Length && network.Layers[last + 1] is var next && FusedGroup.IsPointwise(next)
            && network.Layers[last].Outputs[0] is var made && network.Tensors[made] is { MayStay: true, IsResult: false } tensor
            && tensor.Consumers is [var only] && only == last + 1 && next.Inputs.All(t => network.Tensors[t].Bits == tensor.Bits
                && (t == made || network.Tensors[t].Producer < first)) && network.Tensors[next.Outputs[0]].Bits == tensor.Bits) last++;
        return last;
    }

    /// <summary>Ways to run a layer with those up to <paramref name="last"/> behind it while some tensors are on chip.</summary>
    public IEnumerable<ItemChoice> Choices(int first, int last, Func<int, bool> onChip)
    {
        if (first == last) return Choices(network.Layers[first], onChip, 0);
        ScheduleLayer[] behind = [.. network.Layers.Skip(first + 1).Take(last - first)];
        int result = behind[^1].Outputs[0];
        // The result takes the place of what the first layer makes; other operands come once, tile by tile.
        int[] beside = [.. behind.SelectMany((l, i) => l.Inputs.Where(t => t != network.Layers[first + i].Outputs[0]))];
        int[] fetched = [.. beside.Where(t => !onChip(t))];
        long read = fetched.Sum(t => network.Tensors[t].Bits) + behind.Sum(l => l.ParameterBits), vector = behind.Sum(l => l.Cost.Cycles);
        double energy = behind.Sum(l => l.Cost.StreamedPicojoules);
        return Choices(network.Layers[first] with { Outputs = [result] }, onChip, fetched.Length).Select(c => c with
        {
            ReadBits = checked(c.ReadBits + read), VectorCycles = checked(c.VectorCycles + vector), Picojoules = c.Picojoules + energy,
        });
    }

    private IEnumerable<ItemChoice> Choices(ScheduleLayer layer, Func<int, bool> onChip, int beside)
    {
        if (layer.Matrix is not { } work) return [Vector(layer, onChip)];
        // An operand is all on chip or all in DRAM.
        bool[] inputs = [.. layer.Inputs.Select(onChip)];
        bool[] outputs = [.. layer.Outputs.Select(onChip)];
        if (inputs.Distinct().Count() > 1 || outputs.Distinct().Count() > 1) return [];
        bool second = layer.Second >= 0 && onChip(layer.Second);
        int operands = (inputs is [true, ..] ? 1 : 0) + (second ? 2 : 0) + (outputs is [true, ..] ? 4 : 0);
        long results = layer.Outputs.Where(t => onChip(t) && network.Tensors[t].IsResult).Sum(t => network.Tensors[t].Bits);
        return Curve(work, operands, beside).Select(c => new ItemChoice(c.Room, checked(c.Read + layer.ParameterBits),
            checked(c.Write + results), layer.Cost.Cycles, 0, layer.Cost.Picojoules, c.Tiling));
    }

    private ItemChoice Vector(ScheduleLayer layer, Func<int, bool> onChip)
    {
        Packing packing = network.Packing.Activations;
        long Bits(IEnumerable<int> tensors) => tensors.Sum(t => network.Tensors[t].Bits);
        // A layer that touches its tensors in part moves what it says that it moves.
        bool whole = layer.Inputs.Length > 1 || Bits(layer.Inputs) <= packing.StoredBits(layer.Vector!.InputElements);
        long read = whole ? Bits(layer.Inputs.Where(t => !onChip(t)))
            : layer.Inputs.All(onChip) ? 0 : packing.StoredBits(layer.Vector!.InputElements);
        long write = Math.Min(Bits(layer.Outputs), packing.StoredBits(layer.Vector!.OutputElements));
        if (layer.Outputs.Any(onChip)) write = Bits(layer.Outputs.Where(t => !onChip(t) || network.Tensors[t].IsResult));
        return new(0, checked(read + layer.ParameterBits), write, 0, layer.Cost.Cycles, layer.Cost.Picojoules, 0);
    }

    // Least traffic by room: no entry is beaten by another.
    private ImmutableArray<(long Room, long Read, long Write, int Tiling)> Curve(MatrixWork work, int onChip, int beside)
    {
        if (_curves.TryGetValue((work, onChip, beside), out ImmutableArray<(long, long, long, int)> known)) return known;
        (bool inputs, bool second, bool outputs) = ((onChip & 1) != 0, (onChip & 2) != 0, (onChip & 4) != 0);
        PerOperand<Packing> packing = network.Packing;
        long written = outputs ? 0 : packing.Activations.StoredBits(work.OutputElements);
        Packing secondPacking = work.SecondIsComputed ? packing.Activations : packing.Weights;
        var all = new List<(long Room, long Read, long Write, int Tiling)>();
        ImmutableArray<LayerTiling> tilings = Tilings(work);
        for (int i = 0; i < tilings.Length; i++)
        {
            LayerTiling t = tilings[i];
            // Sums of a result that stays go to and fro as partial sums all the same.
            long sums = packing.Outputs.StoredBits(t.SumTransfers);
            long Tile(Operand o, Packing each, long elements) =>
                checked(each.StoredBits(elements) * (stage.DoubleBuffered[o] ? 2 : 1));
            if (stage.Room((inputs ? 0 : Tile(Operand.Activations, packing.Activations, t.TileInputs))
                + (beside * Tile(Operand.Activations, packing.Activations, t.TileOutputs)),
                second ? 0 : Tile(Operand.Weights, secondPacking, t.TileWeights),
                Tile(Operand.Outputs, packing.Outputs, t.TileOutputs)) is not { } room) continue;
            long read = checked((inputs ? 0 : packing.Activations.StoredBits(t.InputReads))
                + (second ? 0 : secondPacking.StoredBits(t.WeightReads)) + sums);
            all.Add((room, read, written + sums, i));
        }
        var curve = ImmutableArray.CreateBuilder<(long Room, long Read, long Write, int Tiling)>();
        foreach ((long Room, long Read, long Write, int Tiling) way in all.OrderBy(w => w.Room).ThenBy(w => w.Read + w.Write)
            .ThenBy(w => w.Write).ThenBy(w => w.Tiling))
            if (!curve.Any(c => c.Read <= way.Read && c.Write <= way.Write)) curve.Add(way);
        return _curves[(work, onChip, beside)] = curve.ToImmutable();
    }
}
