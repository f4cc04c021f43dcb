using System.Collections.Concurrent;
using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Networks;

/// <summary>
/// The ways to run one layer: of a matrix layer its tilings, of a vector layer one: its elements stream through. Pointwise layers behind
/// it may take its finished results before they leave.
/// </summary>
internal sealed class LayerItems(ScheduleNetwork network, StageMemory stage)
{
    private readonly ConcurrentDictionary<MatrixWork, Lazy<LayerWays>> _ofWork = [];
    private readonly LayerWays?[] _ways = new LayerWays?[network.Layers.Length];
    private readonly int[] _last = new int[network.Layers.Length];

    /// <summary>Ways to cut a matrix layer in tiles; layers of equal work share them.</summary>
    public LayerWays Ways(int layer)
    {
        if (_ways[layer] is { } known) return known;
        return _ways[layer] = _ofWork.GetOrAdd(network.Layers[layer].Matrix!, w => new(() => new(w, stage, network.Packing))).Value;
    }

    /// <summary>The last layer of those that can take what a layer makes, one after the other; the layer itself when there is none.
    /// What they make between them is read by the next one alone.</summary>
    public int LastBehind(int first)
    {
        // 0 stands for "not known yet", as no layer is behind itself by less than one.
        if (_last[first] == 0) _last[first] = Behind(first) + 1;
        return _last[first] - 1;
    }

    private int Behind(int first)
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

    /// <summary>Adds the ways to run a layer with those up to <paramref name="last"/> behind it while some tensors are on chip, in
    /// the room that they leave.</summary>
    public void Add(int first, int last, Func<int, bool> onChip, long room, List<ItemChoice> ways)
    {
        if (first == last)
        {
            Add(first, network.Layers[first], onChip, 0, default, room, ways);
            return;
        }
        ScheduleLayer[] behind = [.. network.Layers.Skip(first + 1).Take(last - first)];
        int result = behind[^1].Outputs[0];
        // The result takes the place of what the first layer makes; other operands come once, tile by tile.
        int[] beside = [.. behind.SelectMany((l, i) => l.Inputs.Where(t => t != network.Layers[first + i].Outputs[0]))];
        int[] fetched = [.. beside.Where(t => !onChip(t))];
        long read = fetched.Sum(t => network.Tensors[t].Bits) + behind.Sum(l => l.ParameterBits), vector = behind.Sum(l => l.Cost.Cycles);
        double energy = behind.Sum(l => l.Cost.StreamedPicojoules);
        Add(first, network.Layers[first] with { Outputs = [result] }, onChip, fetched.Length, (read, vector, energy), room,
            ways);
    }

    private void Add(int index, ScheduleLayer layer, Func<int, bool> onChip, int beside, (long Read, long Vector, double Energy) behind,
        long room, List<ItemChoice> ways)
    {
        if (layer.Matrix is null)
        {
            ItemChoice c = Vector(layer, onChip);
            ways.Add(c with
            {
                ReadBits = checked(c.ReadBits + behind.Read), VectorCycles = checked(c.VectorCycles + behind.Vector),
                Picojoules = c.Picojoules + behind.Energy,
            });
            return;
        }
        // An operand is all on chip or all in DRAM.
        bool[] inputs = [.. layer.Inputs.Select(onChip)];
        bool[] outputs = [.. layer.Outputs.Select(onChip)];
        if (inputs.Distinct().Count() > 1 || outputs.Distinct().Count() > 1) return;
        bool second = layer.Second >= 0 && onChip(layer.Second);
        int operands = (inputs is [true, ..] ? 1 : 0) + (second ? 2 : 0) + (outputs is [true, ..] ? 4 : 0);
        long results = layer.Outputs.Where(t => onChip(t) && network.Tensors[t].IsResult).Sum(t => network.Tensors[t].Bits);
        (long read, double energy) = (layer.ParameterBits + behind.Read, layer.Cost.Picojoules + behind.Energy);
        foreach (TilingWay c in Ways(index).Curve(operands, beside))
        {
            // Ascending.
            if (c.Room > room) break;
            ways.Add(new ItemChoice(c.Room, c.Read + read, c.Write + results, layer.Cost.Cycles, behind.Vector, energy, c.Tiling));
        }
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
}
