using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Networks;

/// <summary>The ways to run one layer alone: of a matrix layer its tilings, of a vector layer one: its elements stream through.</summary>
internal sealed class LayerItems(ScheduleNetwork network, StageMemory stage)
{
    private readonly Dictionary<MatrixWork, ImmutableArray<LayerTiling>> _tilings = [];
    private readonly Dictionary<(MatrixWork, int OnChip), ImmutableArray<(long Room, long Read, long Write, int Tiling)>> _curves = [];

    /// <summary>Tilings of a layer's work; plans are their indices.</summary>
    public ImmutableArray<LayerTiling> Tilings(MatrixWork work)
    {
        if (!_tilings.TryGetValue(work, out ImmutableArray<LayerTiling> tilings))
            _tilings[work] = tilings = [.. LayerTiling.All(work)];
        return tilings;
    }

    /// <summary>Ways to run a layer while some tensors are on chip.</summary>
    public IEnumerable<ItemChoice> Choices(ScheduleLayer layer, Func<int, bool> onChip)
    {
        if (layer.Matrix is not { } work) return [Vector(layer, onChip)];
        // An operand is all on chip or all in DRAM.
        bool[] inputs = [.. layer.Inputs.Select(onChip)];
        bool[] outputs = [.. layer.Outputs.Select(onChip)];
        if (inputs.Distinct().Count() > 1 || outputs.Distinct().Count() > 1) return [];
        bool second = layer.Second >= 0 && onChip(layer.Second);
        int operands = (inputs is [true, ..] ? 1 : 0) + (second ? 2 : 0) + (outputs is [true, ..] ? 4 : 0);
        long results = layer.Outputs.Where(t => onChip(t) && network.Tensors[t].IsResult).Sum(t => network.Tensors[t].Bits);
        return Curve(work, operands).Select(c => new ItemChoice(c.Room, checked(c.Read + layer.ParameterBits),
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
    private ImmutableArray<(long Room, long Read, long Write, int Tiling)> Curve(MatrixWork work, int onChip)
    {
        if (_curves.TryGetValue((work, onChip), out ImmutableArray<(long, long, long, int)> known)) return known;
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
            if (stage.Room(inputs ? 0 : Tile(Operand.Activations, packing.Activations, t.TileInputs),
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
        return _curves[(work, onChip)] = curve.ToImmutable();
    }
}
