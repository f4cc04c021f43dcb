using Sim.Mapper.Nests;
using Sim.Simulator.Nests;
using Sim.Workloads.Nests;

namespace Sim.Simulator.Traces;

/// <summary>Who multiplies how often in the products below all stores of a nest: of each place, the product over the dimensions of the
/// iterations that it has there.</summary>
public sealed class ChunkWork
{
    private readonly PlaceTable _places;
    private readonly PlaceGroups _groups;
    private readonly long[] _index;
    private readonly NestSteps[] _steps;
    private readonly long[][] _iterations;
    private readonly Dictionary<string, (long[] Macs, int[] Places)> _known = new(StringComparer.Ordinal);

    /// <summary>Of a nest, by groups of places.</summary>
    public ChunkWork(LoopNest nest, PlaceGroups groups)
    {
        ArgumentNullException.ThrowIfNull(nest);
        (_groups, _places, _index) = (groups, new PlaceTable(nest, nest.Nodes.Length), new long[nest.Nodes.Length]);
        int from = 1 + Enumerable.Range(0, nest.Nodes.Length).Last(n => nest.Nodes[n] is StoreNode);
        _steps = [.. Enum.GetValues<LoopDim>().Select(d => new NestSteps(nest, from, nest.Nodes.Length, _index, d))];
        _iterations = [.. Enum.GetValues<LoopDim>().Select(d => new long[_places.Sizes(d).Length])];
    }

    /// <summary>By group: multiplications, and places that make any.</summary>
    public (long[] Macs, int[] Places) Of(ReadOnlySpan<long> index)
    {
        index.CopyTo(_index);
        foreach (LoopDim dim in Enum.GetValues<LoopDim>())
        {
            long[] counts = _iterations[(int)dim];
            Array.Clear(counts);
            do
            {
                _places.Move(_index);
                ReadOnlySpan<long> sizes = _places.Sizes(dim);
                for (int i = 0; i < counts.Length; i++)
                    if (sizes[i] > 0) counts[i]++;
            }
            while (_steps[(int)dim].Next() >= 0);
        }
        string key = string.Join(';', _iterations.Select(i => string.Join(',', i)));
        return _known.TryGetValue(key, out (long[], int[]) known) ? known : _known[key] = Sum();
    }

    private (long[] Macs, int[] Places) Sum()
    {
        var (macs, places) = (new long[_groups.Names.Length], new int[_groups.Names.Length]);
        for (int place = 0; place < _groups.Of.Length; place++)
        {
            long own = 1;
            for (int d = 0; d < _iterations.Length; d++) own = checked(own * _iterations[d][_places.Own((LoopDim)d, place)]);
            if (own == 0) continue;
            macs[_groups.Of[place]] += own;
            places[_groups.Of[place]]++;
        }
        return (macs, places);
    }
}
