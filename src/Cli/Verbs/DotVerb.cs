using System.CommandLine;
using System.Text;
using Sim.ArchModel.Reading;
using Sim.Cli.Filters;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;

namespace Sim.Cli.Verbs;

/// <summary>`sim dot DATAPATH`: bit-exact dot products through a datapath, one a line.</summary>
internal sealed class DotVerb : IVerb
{
    public VerbCommand Build(Terminal terminal)
    {
        var datapath = new Argument<string>("DATAPATH") { Description = "Datapath: a YAML file or a catalogue name" };
        Option<bool> json = CommonOptions.Json();
        var command = new VerbCommand("dot",
            "Read c,a_codes,b_codes on stdin (codes concatenated; a activations, b weights), write the accumulator after c + a1*b1 + a2*b2 + ... in that order",
            "echo 0000,383c,3838 | sim dot e4m3_fp16", "sim dot configs/datapaths/int8_acc32.yaml < rows.csv") { datapath, json };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(datapath), new RowWriter(terminal, parsed.GetValue(json), "code")));
        return command;
    }

    private static int Run(string datapath, RowWriter output)
    {
        var bag = new DiagnosticBag();
        DatapathSpec? spec = DatapathReader.Load(datapath, bag);
        bag.ThrowIfErrors();
        if (new ReferenceKernel().Refuses(spec!, ReductionOrder.Sequential, 1) is { } reason) throw new InvalidInputException(new Location(datapath), "NUM002", reason);
        (CodeText register, int bits) = Register(spec!.Accumulator);
        CodeText activation = CodeText.Of(spec.Activation), weight = CodeText.Of(spec.Weight);
        List<uint> a = [], b = [];
        GemmEvents events = default;
        return new RowFilter(output, 3, 3, "c,a_codes,b_codes").Run((row, answer) =>
        {
            if (!(register.TryRead(row, 0, out ulong c) & activation.TryReadAll(row, 1, a) & weight.TryReadAll(row, 2, b))) return;
            if (a.Count != b.Count)
            {
                row.RejectField(2, 0, $"{a.Count} activations but {b.Count} weights");
                return;
            }
            long result = ReferenceKernel.Dot(spec, c, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(a), System.Runtime.InteropServices.CollectionsMarshal.AsSpan(b), ref events);
            register.Append(answer, unchecked((ulong)result) & ulong.MaxValue >> 64 - bits);
        });
    }

    private static (CodeText Text, int Bits) Register(AccumulatorSpec accumulator) => accumulator switch
    {
        IntegerAccumulator i => (new CodeText(i.Bits, i.Bits), i.Bits),
        FixedAccumulator f => (new CodeText(f.Bits, f.Bits), f.Bits),
        FloatAccumulator f => (CodeText.Of(f.Format), f.Format.Bits),
        ExactAccumulator e => (CodeText.Of(e.Output), e.Output.Bits),
        _ => throw new NotSupportedException($"accumulator {accumulator.GetType().Name}"),
    };
}
