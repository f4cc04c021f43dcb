using NUnit.Framework;
using Sim.ArchModel;
using Sim.ArchModel.Hierarchies;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Mapper.Nests;
using Sim.Mapper.Timing;
using Sim.Simulator.Nests;
using Sim.Simulator.Traces;
using Sim.Workloads.Nests;
using TimedNest = Sim.Mapper.Tests.Timing.RandomNest;

namespace Sim.Simulator.Tests.Nests;

/// <summary>What watchers of the machine for nests hear: every busy cycle of every port once, every cycle of the array once, every product
/// in its place; and nothing changes because somebody listens.</summary>
public class NestTraceTests
{
    private static readonly DatapathSpec Int8 = new("d", FormatCatalogue.Parse("int8"), FormatCatalogue.Parse("int8"),
        new IntegerAccumulator(32, RegisterOverflow.Wrap));

    [TestCase(NestDepth.Tiles)]
    [TestCase(NestDepth.Registers)]
    public void BusyCyclesAreThoseOfTheRun(NestDepth depth)
    {
        var random = new Random(61);
        int cases = 0, filled = 0, waits = 0;
        for (int i = 0; i < 700; i++)
        {
            (LoopNest nest, Hierarchy hierarchy, NestWidths widths, ComputeRate rate) = TimedNest.Make(random, 4);
            if (nest.Layer.Macs > 3000) continue;
            NestOperands operands = NestOperands.Random(nest.Layer, Int8, i);
            NestRun alone = NestMachine.Run(nest, hierarchy, widths, rate, Int8, operands, depth);
            var heard = new Listener(nest, hierarchy);
            NestRun run = NestMachine.Run(nest, hierarchy, widths, rate, Int8, operands, depth, heard);
            string text = $"case {i}: {string.Join("; ", nest.Nodes)} of {string.Join(",", nest.Layer.Sizes)}";
            Assert.That(run.Results, Is.EqualTo(alone.Results).AsCollection, text);
            Assert.That((run.Cycles.Total, run.Cycles.Compute, run.Cycles.Drain),
                Is.EqualTo((alone.Cycles.Total, alone.Cycles.Compute, alone.Cycles.Drain)), text);
            foreach (ResourceUse use in run.Cycles.Uses)
                Assert.That(heard.Busy(use.Resource, run.Cycles.Total, text), Is.EqualTo(use.BusyCycles), $"{use.Resource} {text}");
            foreach (TimingResource resource in heard.Resources)
                Assert.That(heard.Waited(resource),
                    Is.EqualTo(run.Cycles.Stalls.Where(s => s.Resource == resource).Sum(s => s.Cycles)), text);
            // The array multiplies, waits or drains, one at a time, in every cycle.
            (long Begin, long End, bool Products)[] array = [.. heard.Array.OrderBy(a => a.Begin)];
            Assert.That(array.Where(a => a.Products).Sum(a => a.End - a.Begin), Is.EqualTo(run.Cycles.Compute), text);
            long now = 0;
            foreach ((long begin, long end, _) in array)
            {
                Assert.That(begin, Is.EqualTo(now), text);
                now = end;
            }
            Assert.That(now, Is.EqualTo(run.Cycles.Total), text);
            Assert.That(heard.Macs, Is.EqualTo(nest.Layer.Macs), text);
            if (depth == NestDepth.Registers) Assert.That(heard.MacsByGroup, Is.EqualTo(heard.Count.ByGroup), text);
            cases++;
            if (heard.IsOutOfOrder) filled++;
            if (run.Cycles.Stalled > 0) waits++;
        }
        Assert.That(cases, Is.GreaterThan(550));
        Assert.That(filled, Is.GreaterThan(20), "transfers into a second place use idle cycles of the past");
        Assert.That(waits, Is.GreaterThan(100));
    }

    [Test]
    public void WaveformsHoldEveryProductOfTheFirstTile()
    {
        var random = new Random(62);
        int cases = 0, whole = 0, owners = 0;
        for (int i = 0; i < 400; i++)
        {
            (LoopNest nest, Hierarchy hierarchy, NestWidths widths, _) = TimedNest.Make(random, 4);
            if (nest.Layer.Macs > 1500) continue;
            var architecture = new HierarchicalArchitecture("a", "generic28", 1e9, Int8, hierarchy, new ComputeUnit("mac", 1, Rational.One),
                new VectorUnit(1));
            NestOperands operands = NestOperands.Random(nest.Layer, Int8, i);
            var waveform = new NestWaveform(architecture, "layer");
            INestObserver watch = waveform.Watch("layer", nest, 0)!;
            NestRun run = NestMachine.Run(nest, hierarchy, widths, ComputeRate.One, Int8, operands, NestDepth.Registers, watch);
            string text = $"case {i}: {string.Join("; ", nest.Nodes)} of {string.Join(",", nest.Layer.Sizes)}";
            var dump = new VcdReader(waveform.Write());
            Assert.That(dump.Timescale, Is.EqualTo("1 ps"));
            Assert.That(dump.End, Is.LessThanOrEqualTo(Math.Min(NestWaveform.MostCycles, run.Cycles.Total) * 1000), text);
            string[] places = [.. dump.Names.Where(n => n.EndsWith(".valid", StringComparison.Ordinal)).Select(n => n[..^6])];
            (long macs, long sum) = (0, 0);
            foreach ((_, long length, Dictionary<string, double> values) in dump.Moments)
                foreach (string place in places.Where(p => values[p + ".valid"] == 1))
                {
                    // A step is a cycle.
                    Assert.That(length % 1000, Is.Zero, text);
                    macs += length / 1000;
                    sum += length / 1000 * (long)values[place + ".activation"] * (long)values[place + ".weight"];
                }
            Assert.That(macs, Is.InRange(1, nest.Layer.Macs), text);
            Assert.That(places.Count(p => dump.Values[p + ".valid"] != 0), Is.Zero, "all is still at the end");
            cases++;
            if (macs < nest.Layer.Macs) continue;
            Assert.That(sum, Is.EqualTo(run.Results.Sum()), text);
            whole++;
            // One place makes one output: its sum is the output at the end.
            if (run.Results.Length != 1 || places.Length != 1) continue;
            Assert.That(dump.Values[places[0] + ".sum"], Is.EqualTo(run.Results[0]), text);
            owners++;
        }
        Assert.That(cases, Is.GreaterThan(250));
        Assert.That(whole, Is.GreaterThan(40));
        Assert.That(owners, Is.GreaterThan(2));
    }

    private sealed class Listener(LoopNest nest, Hierarchy hierarchy) : INestObserver
    {
        private readonly PlaceGroups _groups = new(nest, hierarchy);
        private readonly ChunkWork _work = new(nest, new PlaceGroups(nest, hierarchy));
        private readonly List<(int Resource, long Begin, long End)> _uses = [];
        private readonly List<(int Resource, long Begin, long End)> _waits = [];

        public Counter Count { get; } = new(new PlaceGroups(nest, hierarchy));

        public INestRegisters? Registers => Count;

        public IReadOnlyList<TimingResource> Resources { get; private set; } = [];

        public List<(long Begin, long End, bool Products)> Array { get; } = [];

        public long[] MacsByGroup { get; } = new long[new PlaceGroups(nest, hierarchy).Names.Length];

        public long Macs => MacsByGroup.Sum();

        public bool IsOutOfOrder { get; private set; }

        public void Begin(IReadOnlyList<TimingResource> resources) => Resources = resources;

        public void Use(int resource, long begin, long end, Operand? operand)
        {
            Assert.That(end, Is.GreaterThan(begin));
            if (_uses.Any(u => u.Resource == resource && u.Begin > begin)) IsOutOfOrder = true;
            _uses.Add((resource, begin, end));
        }

        public void Products(ReadOnlySpan<long> index, long begin, long end)
        {
            Array.Add((begin, end, true));
            (long[] macs, int[] places) = _work.Of(index);
            for (int g = 0; g < macs.Length; g++)
            {
                MacsByGroup[g] += macs[g];
                Assert.That(places[g] > 0, Is.EqualTo(macs[g] > 0));
                Assert.That(places[g], Is.LessThanOrEqualTo(_groups.Of.Count(o => o == g)));
            }
        }

        public void Wait(int resource, long begin, long end)
        {
            _waits.Add((resource, begin, end));
            Array.Add((begin, end, false));
        }

        public void OutputsLeave()
        {
        }

        public long Busy(TimingResource resource, long total, string text)
        {
            long busy = 0, until = 0;
            foreach ((_, long begin, long end) in _uses.Where(u => Resources[u.Resource] == resource).OrderBy(u => u.Begin))
            {
                Assert.That(begin, Is.GreaterThanOrEqualTo(until), $"{resource} does two things at once: {text}");
                (busy, until) = (busy + end - begin, end);
            }
            Assert.That(until, Is.LessThanOrEqualTo(total), text);
            return busy;
        }

        public long Waited(TimingResource resource) => _waits.Where(w => w.Resource >= 0 && Resources[w.Resource] == resource)
            .Sum(w => w.End - w.Begin);
    }

    private sealed class Counter(PlaceGroups groups) : INestRegisters
    {
        public bool WantsSums => false;

        public long[] ByGroup { get; } = new long[groups.Names.Length];

        public void Step(ReadOnlySpan<bool> active, ReadOnlySpan<Product> products)
        {
            Assert.That(active.Length, Is.EqualTo(groups.Of.Length));
            for (int place = 0; place < active.Length; place++)
                if (active[place]) ByGroup[groups.Of[place]]++;
        }

        public void Sum(int place, long value) => throw new InvalidOperationException("not asked for");
    }
}
