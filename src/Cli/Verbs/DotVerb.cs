using System.CommandLine;
using System.Runtime.InteropServices;
using Sim.ArchModel.Reading;
using Sim.Cli.Filters;
using Sim.Cli.Verbs.Inference;
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
        var datapath = new Argument<string?>("DATAPATH") { Description = "Datapath: a YAML file, a catalogue name or a chip profile",
            Arity = ArgumentArity.ZeroOrOne };
        var infer = new Option<string?>("--infer")
            { Description = "Find the datapaths that give every recorded row c,a_codes,b_codes,result of a file", HelpName = "ROWS.csv" };
        var operands = new Option<string?>("--operands")
            { Description = "With --infer: the format of activations and, after a comma, of weights. Left out: every one of the codes' width", HelpName = "A[,W]" };
        Option<bool> json = CommonOptions.Json();
        var command = new VerbCommand("dot",
            "Read c,a_codes,b_codes on stdin (codes concatenated; a activations, b weights), write the accumulator after c + a1*b1 + a2*b2 + ... in that order; with block scales c,scales_a,scales_b,a_codes,b_codes (a side without blocks: an empty field)",
            "echo 0000,383c,3838 | sim dot e4m3_fp16", "sim dot configs/datapaths/int8_acc32.yaml < rows.csv",
                "sim dot h100_fp8 < rows.csv",
            "sim dot --infer recorded.csv", "sim dot --infer recorded.csv --operands e4m3,e5m2") { datapath, infer, operands, json };
        command.SetAction(parsed =>
        {
            string? name = parsed.GetValue(datapath), rows = parsed.GetValue(infer), formats = parsed.GetValue(operands);
            if (rows is null == name is null || rows is null && formats is not null)
                throw new InvalidInputException(new Location("sim dot"), "CLI002", rows is null && name is not null
                    ? "--operands is for --infer" : "give a datapath, or --infer ROWS.csv");
            return rows is not null ? DotInference.Run(terminal, rows, formats, parsed.GetValue(json))
                : Run(name!, new RowWriter(terminal, parsed.GetValue(json), "code"));
        });
        return command;
    }

    private static int Run(string datapath, RowWriter output)
    {
        var bag = new DiagnosticBag();
        DatapathSpec? spec = DatapathReader.Load(datapath, bag);
        bag.ThrowIfErrors();
        if (ReferenceKernel.RefusesDot(spec!, ReductionOrder.Sequential, 1) is
            { } reason) throw new InvalidInputException(new Location(datapath), "NUM002", reason);
        (CodeText register, int bits) = Register(spec!.Accumulator);
        CodeText activation = CodeText.Of(spec.Activation).DroppingLowBits, weight = CodeText.Of(spec.Weight).DroppingLowBits;
        (ScaleColumn left, ScaleColumn right) = spec.Dot switch
        {
            AlignedDotUnit { Scales: { } s } => (new ScaleColumn(s.Format, s.Block), new ScaleColumn(s.Format, s.Block)),
            BlockDotUnit u => (ScaleColumn.Of(u.Activations), ScaleColumn.Of(u.Weights)),
            _ => (default, default),
        };
        bool scaled = left.Block + right.Block > 0;
        List<uint> a = [], b = [], scalesA = [], scalesB = [];
        GemmEvents events = default;
        int first = scaled ? 3 : 1;
        return new RowFilter(output, first + 2, first + 2, scaled ? "c,scales_a,scales_b,a_codes,b_codes" : "c,a_codes,b_codes")
            .Run((row, answer) =>
        {
            bool good = register.TryRead(row, 0, out ulong c) & activation.TryReadAll(row, first, a) & weight.TryReadAll(row, first + 1, b);
            if (scaled) good &= left.TryRead(row, 1, scalesA) & right.TryRead(row, 2, scalesB);
            if (!good || !Agree(row, first, a.Count, b.Count) || !left.Agrees(row, 1, scalesA.Count, a.Count)
                || !right.Agrees(row, 2, scalesB.Count, b.Count)) return;
            long result = ReferenceKernel.Dot(spec, c, CollectionsMarshal.AsSpan(scalesA), CollectionsMarshal.AsSpan(scalesB),
                CollectionsMarshal.AsSpan(a), CollectionsMarshal.AsSpan(b), ref events);
            register.Append(answer, unchecked((ulong)result) & ulong.MaxValue >> 64 - bits);
        });
    }

    private static bool Agree(RowFilter row, int first, int a, int b)
    {
        if (a != b) row.RejectField(first + 1, 0, $"{a} activations but {b} weights");
        return a == b;
    }

    private static (CodeText Text, int Bits) Register(AccumulatorSpec accumulator) => accumulator switch
    {
        IntegerAccumulator i => (new CodeText(i.Bits, i.Bits), i.Bits),
        FixedAccumulator f => (new CodeText(f.Bits, f.Bits), f.Bits),
        FloatAccumulator f => (CodeText.Of(f.Format), f.Format.Bits),
        ExactAccumulator e => (CodeText.Of(e.Output), e.Output.Bits),
        { ResultFormat: { } format } => (CodeText.Of(format), format.Bits),
        _ => throw new NotSupportedException($"accumulator {accumulator.GetType().Name}"),
    };

    // Scales of blocks of so many operands; none (block 0): the field is empty.
    private readonly record struct ScaleColumn(INumberFormat? Format, int Block)
    {
        public static ScaleColumn Of(BlockFormat? blocks) => blocks is null ? default : new(blocks.Scale, blocks.Size);

        public bool TryRead(RowFilter row, int field, List<uint> codes)
        {
            codes.Clear();
            if (Format is not null) return CodeText.Of(Format).TryReadAll(row, field, codes);
            if (row.Field(field).IsEmpty) return true;
            row.RejectField(field, 0, "this side has no scales; leave the field empty");
            return false;
        }

        public bool Agrees(RowFilter row, int field, int scales, int operands)
        {
            int blocks = Block == 0 ? 0 : (operands + Block - 1) / Block;
            if (scales != blocks) row.RejectField(field, 0, $"{scales} scales for {blocks} block(s) of {Block}");
            return scales == blocks;
        }
    }
}
