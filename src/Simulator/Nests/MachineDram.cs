using Sim.ArchModel.Hierarchies;
using Sim.ArchModel.Hierarchies.Dram;
using Sim.Mapper.Timing;
using Sim.Workloads.Nests;

namespace Sim.Simulator.Nests;

/// <summary>
/// Words of one operand at the outermost memory, where it is a DRAM with banks and rows: those of a transfer are put in the order of their
/// addresses, and every burst that holds one of them is accessed by itself.
/// </summary>
internal sealed class MachineDram
{
    private readonly WordSpace _space;
    private readonly MemoryLevel _memory;
    private readonly DramTiming _timing;
    private readonly NestWidths _widths;
    private readonly DramChannel[] _channels;
    private readonly long[] _strides;
    private readonly HashSet<long> _words = [];

    private MachineDram(LoopLayer layer, WordSpace space, MemoryLevel memory, DramTiming timing, NestWidths widths)
    {
        (_space, _memory, _timing, _widths) = (space, memory, timing, widths);
        _channels = [.. Enumerable.Range(0, memory.Channels).Select(_ => new DramChannel(timing))];
        // Matrices have the channels of activations and outputs last.
        int[] order = layer.IsGemm ? [0, 1, 3, 4, 2] : [0, 1, 2, 3, 4];
        long[] strides = WordSpace.StridesOf([.. order.Select(a => space.Sizes[a])]);
        _strides = new long[WordSpace.Axes];
        for (int a = 0; a < WordSpace.Axes; a++) _strides[order[a]] = strides[a];
    }

    /// <summary>Where the outermost memory has banks and rows.</summary>
    public static MachineDram? Of(LoopLayer layer, WordSpace space, Hierarchy hierarchy, NestWidths widths) =>
        hierarchy.Memory(0) is { Timing: { } timing } memory ? new(layer, space, memory, timing, widths) : null;

    /// <summary>A word is part of the transfer.</summary>
    public void Add(long word) => _words.Add(word);

    /// <summary>Cycles of the transfer's data when so many words move in all; the next transfer begins.</summary>
    public long Cycles(long moved, bool result)
    {
        if (_words.Count == 0) return 0;
        long width = _space.Operand switch
        {
            Operand.Activations => _widths.Activation,
            Operand.Weights => _widths.Weight,
            _ => result ? _widths.Result : _widths.Sum,
        };
        long burst = _timing.BurstBytes * 8L * _widths.PartsPerBit, last = -1;
        // Weights are packed in the order in which they come.
        long[] addresses = _space.Operand == Operand.Weights ? [.. Enumerable.Range(0, _words.Count).Select(w => (long)w)]
            : [.. _words.Select(Address).Order()];
        foreach (DramChannel channel in _channels) channel.Begin();
        foreach (long address in addresses)
        {
            long start = checked((address - addresses[0]) * width);
            for (long b = Math.Max(last + 1, start / burst); b * burst < start + width; b++)
            {
                _channels[b % _channels.Length].Bursts(b / _channels.Length, b / _channels.Length);
                last = b;
            }
        }
        long busy = _channels.Max(c => c.DataPicoseconds), words = _words.Count;
        _words.Clear();
        return DramBus.Cycles(_timing, busy, _memory.ClockHertz, moved, words);
    }

    private long Address(long word)
    {
        long address = 0;
        for (int a = 0; a < WordSpace.Axes; a++) address += word / _space.Strides[a] % _space.Sizes[a] * _strides[a];
        return address;
    }
}
