using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Sim.Mapper.Networks;

/// <summary>What layers that may run as one cost, whatever their names: layers of the same work, wired alike, have one shape.</summary>
internal sealed class RunShape(FusedGroup? group)
{
    /// <summary>They run tile by tile; null: they cannot.</summary>
    public FusedGroup? Group => group;

    /// <summary>Ways to run them by what is on chip.</summary>
    public Dictionary<ulong, ImmutableArray<ItemChoice>> Choices { get; } = [];
}

/// <summary>Names of shapes: everything that ways to run layers follow from, tensors numbered as they are met.</summary>
internal sealed class ShapeNames(ScheduleNetwork network)
{
    private readonly int[] _kinds = Kinds(network);

    // Layers of the same work and cost.
    private static int[] Kinds(ScheduleNetwork network)
    {
        var known = new Dictionary<ScheduleLayer, int>();
        return [.. network.Layers.Select(l => l with { Name = "", Inputs = [], Outputs = [], Second = -1,
            Vector = l.Vector is { } v ? v with { Name = "" } : null }).Select(l =>
            {
                if (!known.TryGetValue(l, out int kind)) known[l] = kind = known.Count;
                return kind;
            })];
    }

    /// <summary>The name of the shape of some layers.</summary>
    /// <param name="first">First layer.</param>
    /// <param name="last">Last layer.</param>
    /// <param name="touched">Their tensors that may be on chip.</param>
    /// <param name="streams">Whether all but the first take what the one before makes as it comes.</param>
    public string Of(int first, int last, ImmutableArray<int> touched, bool streams)
    {
        var name = new List<long> { last - first, streams ? 1 : 0, touched.Length };
        var numbers = new Dictionary<int, int>();
        for (int i = first; i <= last; i++)
        {
            ScheduleLayer layer = network.Layers[i];
            name.Add(_kinds[i]);
            name.Add(layer.Inputs.Length);
            foreach (int t in layer.Inputs) Add(t);
            name.Add(-1 - layer.Outputs.Length);
            foreach (int t in layer.Outputs) Add(t);
            if (layer.Second >= 0) Add(layer.Second);
            else name.Add(-1);
        }
        foreach (int t in touched) name.Add(numbers[t]);
        return new string(MemoryMarshal.Cast<long, char>(CollectionsMarshal.AsSpan(name)));

        void Add(int tensor)
        {
            if (numbers.TryGetValue(tensor, out int known))
            {
                name.Add(known);
                return;
            }
            name.Add(numbers[tensor] = numbers.Count);
            ScheduleTensor t = network.Tensors[tensor];
            name.Add(t.Bits);
            // Where it is made and last read: by which of the layers, or outside.
            name.Add(t.Producer < 0 ? -1 : t.Producer < first ? -2 : t.Producer > last ? -3 : t.Producer - first);
            name.Add(t.Last < 0 ? -1 : t.Last > last ? -2 : t.Last - first);
            name.Add((t.IsResult ? 1 : 0) + (t.MayStay ? 2 : 0) + (t.IsCandidate ? 4 : 0));
        }
    }
}
