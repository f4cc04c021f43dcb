using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Networks;

/// <summary>What the plans of a group of layers need and move, by what is on chip.</summary>
internal sealed class FusedWays
{
    // While weights are read again for every tile this part of them lies on chip at once.
    private const int WeightParts = 16;

    // Bits of a plan that do not depend on what is on chip; Inside: of tensors that never leave; Weights: of second operands.
    private readonly record struct Base(int Plan, FusionPlan Of, FusionRows Rows, long Read, long Inside, long Weights, long Sums,
        long Array, long Vector, double Picojoules);

    // A tensor, and its place among those that may be on chip; -1: it is in DRAM.
    private readonly record struct Outer(int Tensor, int Slot, long Bits, long RowBits, bool IsResult);

    // A second operand that may be on chip.
    private readonly record struct Operand2(int Slot, long Bits, long Held);

    private readonly StageMemory _stage;
    private readonly bool _byGroups;
    private readonly long _outer;
    private readonly Outer[] _read, _written;
    private readonly Operand2[] _seconds;
    private readonly Base[] _bases;

    public FusedWays(ScheduleNetwork network, StageMemory stage, ScheduleLayer[] layers, List<RowTensor> tensors, int[] made,
        HashSet<int> exported, bool byGroups, long outer, List<(FusionPlan Plan, FusionRows Rows)> plans, ImmutableArray<int> touched)
    {
        (_stage, _byGroups, _outer) = (stage, byGroups, outer);
        var (read, written, seconds) = (new List<Outer>(), new List<Outer>(), new List<Operand2>());
        var rowBits = new long[tensors.Count];
        for (int t = 0; t < tensors.Count; t++)
        {
            ScheduleTensor tensor = network.Tensors[tensors[t].Tensor];
            long row = tensor.Bits / (outer * tensors[t].Rows);
            var there = new Outer(t, touched.IndexOf(tensors[t].Tensor), tensor.Bits, row, tensor.IsResult);
            if (tensors[t].Maker < 0) read.Add(there);
            else if (exported.Contains(tensors[t].Tensor)) written.Add(there);
            else rowBits[t] = row;
        }
        foreach (ScheduleLayer layer in layers)
            if (layer.Second >= 0 && touched.IndexOf(layer.Second) is >= 0 and var slot)
                seconds.Add(new(slot, Second(network, layer), Held(network, layer)));
        (_read, _written, _seconds) = ([.. read], [.. written], [.. seconds]);
        var bases = new List<Base>();
        for (int p = 0; p < plans.Count; p++)
        {
            (FusionPlan plan, FusionRows rows) = plans[p];
            Base free = Of(network, layers, made, plan, rows, p << 1);
            foreach (bool keepsWeights in new[] { true, false })
            {
                // With one tile nothing is read again.
                if (!keepsWeights && plan.Tiles == 1 && outer == 1) continue;
                Base one = WithSeconds(free, network, layers, keepsWeights, touched);
                // What does not fit when everything that can be on chip is there, which takes least room beside, never fits.
                if (!Fits(one)) continue;
                one = one with { Inside = rows.PeakBits(rowBits, layers.Length, plan.KeepsHalo) };
                if (Fits(one)) bases.Add(one);
            }
        }
        _bases = [.. bases];
    }

    /// <summary>Adds the ways to run the group in a room while those of the touched tensors whose bits are set are on chip.</summary>
    public void Add(ulong onChip, long room, List<ItemChoice> ways)
    {
        foreach (ref readonly Base plan in _bases.AsSpan())
            if (Choice(plan, onChip) is { } choice && choice.RoomBits <= room) ways.Add(choice);
    }

    private bool Fits(in Base plan) => Choice(plan, ulong.MaxValue)?.RoomBits <= _stage.RoomBits;

    private long Second(ScheduleNetwork network, ScheduleLayer layer) => PackingOf(network, layer).StoredBits(layer.Matrix!.SecondElements);

    private long Held(ScheduleNetwork network, ScheduleLayer layer) =>
        _byGroups ? PackingOf(network, layer).StoredBits(layer.Matrix!.SecondElements / _outer) : Second(network, layer);

    private static Packing PackingOf(ScheduleNetwork network, ScheduleLayer layer) =>
        layer.Matrix!.SecondIsComputed ? network.Packing.Activations : network.Packing.Weights;

    // Without second operands.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Base Of(ScheduleNetwork network, ScheduleLayer[] layers, int[] made, FusionPlan plan, FusionRows rows, int number)
    {
        long read = 0, sums = 0, array = 0, vector = 0;
        double energy = 0;
        for (int i = 0; i < layers.Length; i++)
        {
            ScheduleLayer layer = layers[i];
            (long part, long all) = (rows.Made(made[i], plan.KeepsHalo), rows.Rows(made[i]));
            long cycles = Part(layer.Cost.Cycles, part, all);
            energy += layer.Cost.Picojoules * ((double)part / all);
            read = checked(read + layer.ParameterBits);
            if (layer.Matrix is not { } work)
            {
                vector = checked(vector + cycles);
                continue;
            }
            array = checked(array + cycles);
            long rowSums = work.OutputElements / (_outer * work.Rows.Outputs);
            sums = Math.Max(sums, network.Packing.Outputs.StoredBits(checked(rowSums * rows.Uses[made[i]].Largest)));
        }
        return new(number, plan, rows, read, 0, 0, sums, array, vector, energy);
    }

    private static long Part(long cycles, long part, long all) => (cycles | part) < int.MaxValue
        ? ((cycles * part) + all - 1) / all : checked((long)((((Int128)cycles * part) + all - 1) / all));

    // With those that are never on chip.
    private Base WithSeconds(in Base free, ScheduleNetwork network, ScheduleLayer[] layers, bool keepsWeights, ImmutableArray<int> touched)
    {
        FusionPlan plan = free.Of with { KeepsWeights = keepsWeights };
        (long read, long weights) = (free.Read, 0);
        foreach (ScheduleLayer layer in layers)
            if (layer.Matrix is not null && (layer.Second < 0 || touched.IndexOf(layer.Second) < 0))
                Fetch(plan, Second(network, layer), Held(network, layer), ref read, ref weights);
        return free with { Plan = free.Plan | (keepsWeights ? 1 : 0), Of = plan, Read = read, Weights = weights };
    }

    // A second operand from DRAM: once, or again for every tile.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Fetch(FusionPlan plan, long bits, long held, ref long read, ref long weights)
    {
        int twice = _stage.DoubleBuffered.Weights ? 2 : 1;
        read = checked(read + (plan.KeepsWeights ? bits : bits * plan.Tiles * (_byGroups ? 1 : _outer)));
        weights = plan.KeepsWeights ? checked(weights + (held * (_byGroups ? twice : 1)))
            : Math.Max(weights, checked((held + WeightParts - 1) / WeightParts * twice));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private ItemChoice? Choice(in Base plan, ulong onChip)
    {
        bool There(int slot) => slot >= 0 && (onChip >> slot & 1) != 0;
        (long read, long write, long activations, long weights) = (plan.Read, 0, plan.Inside, plan.Weights);
        int twice = _stage.DoubleBuffered.Activations ? 2 : 1;
        checked
        {
            foreach (Outer t in _read)
            {
                if (There(t.Slot)) continue;
                RowUse use = plan.Rows.Uses[t.Tensor];
                read += _outer * t.RowBits * (plan.Of.KeepsHalo ? use.Once : use.Separate);
                activations += use.Largest * t.RowBits * twice;
            }
            foreach (Outer t in _written)
            {
                bool there = There(t.Slot);
                if (!there || t.IsResult) write += t.Bits;
                if (!there) activations += plan.Rows.Uses[t.Tensor].Largest * t.RowBits * twice;
            }
            foreach (Operand2 second in _seconds)
                if (!There(second.Slot)) Fetch(plan.Of, second.Bits, second.Held, ref read, ref weights);
        }
        return _stage.Room(activations, weights, plan.Sums) is not { } room ? null
            : new ItemChoice(room, read, write, plan.Array, plan.Vector, plan.Picojoules, plan.Plan);
    }
}
