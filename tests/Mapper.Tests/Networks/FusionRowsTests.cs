using NUnit.Framework;
using Sim.Mapper.Networks;

namespace Sim.Mapper.Tests.Networks;

/// <summary>Rows of fused tiles against running every tile with sets of rows: what a made row reads is there, and the sums are those
/// counted.</summary>
[TestFixture]
public sealed class FusionRowsTests
{
    [Test]
    public void Rows_are_those_of_running_every_tile()
    {
        int cases = 0, halos = 0;
        for (int seed = 0; seed < 600; seed++)
        {
            (List<RowTensor> tensors, int[] made, int layers) = Random(seed);
            long tile = new Random(seed).Next(1, (int)tensors[^1].Rows + 1);
            var rows = new FusionRows(tensors, made, tile);
            long[] bits = [.. tensors.Select((t, i) => t.Maker < 0 || t.LastReader == layers ? 0L : 3 + i)];
            foreach (bool keep in new[] { false, true })
            {
                (long[] moved, long[] largest, long peak) = Run(tensors, made, layers, tile, bits, keep);
                Assert.That(rows.Uses.Select(u => keep ? u.Once : u.Separate), Is.EqualTo(moved), $"seed {seed} {keep}");
                Assert.That(rows.Uses.Select(u => u.Largest), Is.EqualTo(largest), $"seed {seed}");
                Assert.That(rows.PeakBits(bits, layers, keep), Is.EqualTo(peak), $"seed {seed} {keep}");
            }
            cases++;
            if (rows.Overlaps) halos++;
        }
        Assert.That(cases, Is.EqualTo(600));
        Assert.That(halos, Is.GreaterThan(200));
    }

    // Layers that each read one or two of the tensors so far, the result last; every tensor inside is read.
    private static (List<RowTensor> Tensors, int[] Made, int Layers) Random(int seed)
    {
        var random = new Random(seed);
        int layers = random.Next(1, 5);
        bool plain = random.Next(4) == 0;
        var tensors = new List<RowTensor> { new(0, -1, random.Next(8, 40)) };
        int[] made = [.. Enumerable.Range(1, layers)];
        for (int i = 0; i < layers; i++)
        {
            int filter = plain ? 1 : random.Next(1, 4), stride = plain ? 1 : random.Next(1, 3), pad = plain ? 0 : random.Next(0, 2);
            RowTensor input = tensors[i];
            long outputs = Math.Max(1, ((input.Rows + (2 * pad) - filter) / stride) + 1);
            var axis = new WindowAxis(outputs, filter, stride, 1, pad, input.Rows);
            input.Readers.Add((i, axis));
            input.LastReader = i;
            RowTensor? second = tensors.Take(i).LastOrDefault(t => t.Rows == input.Rows);
            if (second is not null && random.Next(2) == 0)
            {
                second.Readers.Add((i, axis));
                second.LastReader = i;
            }
            tensors.Add(new RowTensor(i + 1, i, outputs));
        }
        tensors[^1].LastReader = layers;
        return (tensors, made, layers);
    }

    private static (long[] Moved, long[] Largest, long Peak) Run(List<RowTensor> tensors, int[] made, int layers, long tile, long[] bits,
        bool keep)
    {
        long[] moved = new long[tensors.Count], largest = new long[tensors.Count];
        long peak = 0, result = tensors[^1].Rows;
        var needs = new List<SortedSet<long>[]>();
        for (long from = 0; from < result; from += tile)
        {
            SortedSet<long>[] need = [.. tensors.Select(_ => new SortedSet<long>())];
            for (long p = from; p < Math.Min(result, from + tile); p++) need[^1].Add(p);
            for (int layer = layers - 1; layer >= 0; layer--)
                for (int t = 0; t < tensors.Count; t++)
                    foreach ((int reader, WindowAxis axis) in tensors[t].Readers.Where(r => r.Layer == layer))
                        foreach (long p in need[made[reader]].ToArray())
                            for (long r = 0; r < axis.Filter; r++)
                                if ((p * axis.Stride) + r - axis.Pad is >= 0 and var at && at < axis.Size) need[t].Add(at);
            // Rows between needed ones are made and moved too, whichever reader leaves them out.
            for (int t = tensors.Count - 2; t >= 0; t--)
            {
                SortedSet<long> hull = [];
                foreach ((int reader, WindowAxis axis) in tensors[t].Readers)
                    foreach (long p in need[made[reader]])
                        for (long r = 0; r < axis.Filter; r++)
                            if ((p * axis.Stride) + r - axis.Pad is >= 0 and var at && at < axis.Size) hull.Add(at);
                need[t] = hull;
                for (long row = hull.Min; hull.Count > 0 && row < hull.Max; row++) need[t].Add(row);
            }
            needs.Add(need);
        }
        HashSet<long>[] held = [.. tensors.Select(_ => new HashSet<long>())];
        HashSet<long>[] ever = [.. tensors.Select(_ => new HashSet<long>())];
        for (int k = 0; k < needs.Count; k++)
        {
            for (int t = 0; t < tensors.Count; t++)
            {
                largest[t] = Math.Max(largest[t], needs[k][t].Count);
                if (!keep) held[t].Clear();
                else Assert.That(needs[k][t].Where(ever[t].Contains), Is.SubsetOf(held[t]), "a row that was made is gone");
                if (tensors[t].Maker < 0) Make(t);
            }
            for (int layer = 0; layer < layers; layer++)
            {
                Make(made[layer]);
                long sum = 0;
                for (int t = 0; t < tensors.Count; t++) sum += held[t].Count * bits[t];
                peak = Math.Max(peak, sum);
                for (int t = 0; t < tensors.Count; t++)
                    if (tensors[t].LastReader == layer)
                        held[t].RemoveWhere(r => !keep || k + 1 == needs.Count || !needs[k + 1][t].Contains(r));
            }
            void Make(int t)
            {
                moved[t] += needs[k][t].Count(r => !held[t].Contains(r));
                held[t].UnionWith(needs[k][t]);
                ever[t].UnionWith(needs[k][t]);
            }
        }
        return (moved, largest, peak);
    }
}
