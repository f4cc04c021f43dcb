using FsCheck;
using FsCheck.Fluent;
using Sim.ArchModel;
using Sim.Mapper;
using Sim.Simulator.Cycles;
using Sim.Simulator.Timing;
using Sim.Tests;

namespace Sim.Simulator.Tests;

/// <summary>The machine, which steps cycles, against the closed forms and against the kernels.</summary>
public sealed class TimeMachineTests
{
    private const int Cases = 3000, LongCases = 500;

    [Test]
    public void Machine_and_estimator_agree_and_results_equal_the_kernels()
    {
        var random = new Random(20261122);
        int compared = 0, stalled = 0, spilled = 0, tiled = 0, kept = 0, refused = 0, serial = 0, units = 0, ports = 0, bothBind = 0, shared = 0, blocks = 0, wideSteps = 0;
        for (int i = 0; compared < Cases; i++)
        {
            var sample = TimeCase.Random(random);
            MappingResult mapped = LayerMapper.Map(sample.Design, sample.Layer);
            if (mapped.Mapping is not { } mapping)
            {
                Assert.That(mapped.Problems, Is.Not.Empty);
                refused++;
                continue;
            }
            string? difference = Difference(sample, mapping, out LayerTiming timing);
            Assert.That(difference, Is.Null, $"{sample}");
            compared++;
            units += sample.Lanes > 1 ? 1 : 0;
            blocks += sample.HasBlocks ? 1 : 0;
            wideSteps += mapping.Grid.ElementsPerStep > 1 ? 1 : 0;
            serial += sample.CyclesPerMac > 1 ? 1 : 0;
            bool port = timing.Stalls.Any(s => s.Cause != LayerTiming.DramCause && s.Cycles > 0);
            ports += port ? 1 : 0;
            shared += mapping.Grid.Blocks > 1 ? 1 : 0;
            bothBind += port && timing.Stalls.Any(s => s.Cause == LayerTiming.DramCause && s.Cycles > 0) ? 1 : 0;
            stalled += timing.StallCycles > 0 ? 1 : 0;
            spilled += timing.Dram.SumsRead > 0 ? 1 : 0;
            tiled += mapping.UnitsPerFold > 1 ? 1 : 0;
            kept += mapping.Activations == Residency.Whole || mapping.Weights == Residency.Whole ? 1 : 0;
        }
        // The generator must reach every branch of the model, else agreement says little.
        Assert.That(new[] { stalled, spilled, tiled, kept, serial, compared - stalled }, Is.All.GreaterThan(Cases / 50),
            $"stalled {stalled}, spilled {spilled}, tiled {tiled}, kept {kept}, serial {serial}");
        Assert.That(new[] { ports, bothBind }, Is.All.GreaterThan(Cases / 5), $"ports {ports}, with the bus {bothBind}");
        Assert.That(shared, Is.GreaterThan(Cases / 100), "groups that share the array");
        Assert.That(refused, Is.GreaterThan(0));
        Assert.That(serial, Is.GreaterThan(200), "steps of several cycles");
        Assert.That(new[] { units, blocks, wideSteps }, Is.All.GreaterThan(150),
            $"dot units {units}, blocks {blocks}, output-stationary units {wideSteps}");
        Truth.Checked("Time", "Machine = Estimator", "random designs, two independent statements", compared,
            "cycles, every count and every output bit equal, finite bandwidth included; registers = tiles");
    }

    // Several vectors of PEs in a row, vectors with a rest, more rows than slots in a wave's ring.
    [Test]
    public void Wide_arrays_agree_too()
    {
        var random = new Random(20261128);
        var arithmetics = new SortedDictionary<string, int>();
        int compared = 0;
        while (compared < 250)
        {
            TimeCase sample = TimeCase.Random(random) with { Rows = random.Next(1, 40), Columns = random.Next(1, 40),
                M = random.Next(1, 90), N = random.Next(1, 90), K = random.Next(1, 90), Conv = 0, BufferBytes = random.Next(2000, 20000) };
            if (LayerMapper.Map(sample.Design, sample.Layer).Mapping is not { } mapping) continue;
            Assert.That(Difference(sample, mapping, out _, arithmetics, compared % 2 == 0), Is.Null, $"{sample}");
            compared++;
        }
        Assert.That(arithmetics.Keys, Is.SupersetOf(new[] { "int32 lanes, proved", "int32 lanes", "int64 lanes", "fp32 lanes", "fp64 lanes",
            "fp64 lanes, watched", "fp64 lanes on the register's grid", "fp64 lanes, exact sums", "reference registers" }));
    }

    [Test]
    public void Long_loops_are_extrapolated_to_the_cycle()
    {
        var random = new Random(20261128);
        int compared = 0, longest = 0;
        while (compared < LongCases)
        {
            var sample = TimeCase.LongLoops(random);
            if (LayerMapper.Map(sample.Design, sample.Layer).Mapping is not { } mapping
                || mapping.Grid.Folds * mapping.UnitsPerFold > 3000) continue;
            LayerTiming timing = Estimator.Estimate(sample.Design, mapping);
            Assert.That(timing.TotalCycles,
                Is.EqualTo(Machine.Run(sample.Design, mapping, sample.Codes(), MachineDepth.Tiles).Cycles), $"{sample} {mapping}");
            compared++;
            longest += mapping.Grid.Folds * mapping.UnitsPerFold > 500 ? 1 : 0;
        }
        Assert.That(longest, Is.GreaterThan(LongCases / 20));
        Truth.Checked("Time", "Machine = Estimator, long loops", "random designs with up to 3,000 units of transfer", compared, "cycles equal");
    }

    [Test]
    public void A_difference_is_shrunk_to_its_smallest_case()
    {
        Gen<TimeCase> generator = Gen.Choose(0, int.MaxValue - 1).Select(seed => TimeCase.Random(new Random(seed)));
        Arbitrary<TimeCase> cases = Arb.From(generator, c => c.Smaller());
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(7, 11), Prop.ForAll(cases, sample =>
            LayerMapper.Map(sample.Design, sample.Layer).Mapping is not { } mapping || Difference(sample, mapping, out _) is null));
    }

    private static string? Difference(TimeCase sample, Mapping mapping, out LayerTiming found,
        SortedDictionary<string, int>? arithmetics = null, bool tame = false)
    {
        LayerTiming timing = found = Estimator.Estimate(sample.Design, mapping);
        MachineOperands operands = sample.Codes(tame);
        MachineResult machine = Machine.Run(sample.Design, mapping, operands);
        if (arithmetics is not null) arithmetics[machine.Arithmetic] = arithmetics.GetValueOrDefault(machine.Arithmetic) + 1;
        MachineResult tiles = Machine.Run(sample.Design, mapping, operands, MachineDepth.Tiles);
        if (tiles.Cycles != machine.Cycles) return $"registers {machine.Cycles} cycles, tiles {tiles.Cycles}, {mapping}";
        if (!tiles.Ledger.Equals(machine.Ledger)) return $"registers and tiles count differently, {mapping}";
        if (!tiles.Results.AsSpan().SequenceEqual(machine.Results.AsSpan()) || tiles.Events != machine.Events)
            return "registers and tiles have other results";
        foreach (CycleUse use in Enum.GetValues<CycleUse>())
            if (tiles.Uses[use] != machine.Uses[use])
                return $"{use}: registers {machine.Uses[use]} cycles, tiles {tiles.Uses[use]}, {mapping}";
        if (machine.Uses.Total != machine.Cycles) return $"uses of {machine.Uses.Total} cycles of {machine.Cycles}";
        if (machine.Cycles != timing.TotalCycles) return $"machine {machine.Cycles} cycles, estimator {timing.TotalCycles}, {mapping}";
        if (timing.Stalls.Sum(s => s.Cycles) != timing.StallCycles) return $"stalls do not add up: {string.Join(", ", timing.Stalls)}";
        if (machine.Cycles > timing.ComputeCycles && CyclesWith(null, TimeDesigns.WidePort) is var ideal && ideal != timing.ComputeCycles)
            return $"machine {ideal} cycles without stalls, estimator {timing.ComputeCycles}, {mapping}";
        if (sample.BytesPerCycle is not null && !sample.HasWidePorts && CyclesWith(null, null) is var fed
            && fed != Estimator.Estimate(sample.With(sample.Switches, null), mapping).TotalCycles)
            return $"machine {fed} cycles with ports only, estimator another number, {mapping}";
        if (!machine.Ledger.Equals(timing.Ledger))
            return "counts differ: " + string.Join("; ", machine.Ledger.Entries.Concat(timing.Ledger.Entries).Select(e => e.Key).Distinct()
                .Where(k => machine.Ledger[k.Component, k.Action] != timing.Ledger[k.Component, k.Action])
                .Select(k => $"{k}: machine {machine.Ledger[k.Component, k.Action]}, estimator {timing.Ledger[k.Component, k.Action]}"))
                    + $" {mapping}";
        (long[] results, Sim.Datapath.Kernels.GemmEvents events) = sample.Reference(mapping, operands);
        if (!machine.Results.AsSpan().SequenceEqual(results)) return "results differ from the kernel's";
        long CyclesWith(double? bytesPerCycle, int? port) =>
            Machine.Run(sample.With(sample.Switches, bytesPerCycle, port), mapping, operands, MachineDepth.Tiles).Cycles;
        return machine.Events == events ? null : $"events differ: machine {machine.Events}, kernel {events}";
    }
}
