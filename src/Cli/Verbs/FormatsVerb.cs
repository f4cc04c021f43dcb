using System.CommandLine;
using System.Text;
using Sim.Cli.Filters;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;

namespace Sim.Cli.Verbs;

/// <summary>`sim formats list|show|decode|encode|eval`: what the number formats are, and filters that go through them.</summary>
internal sealed class FormatsVerb : IVerb
{
    // Every code of a wider format would be gigabytes of text.
    private const int MostListedBits = 24;

    private static readonly INumberFormat Binary32 = FormatCatalogue.Parse("fp32");

    private delegate uint Operation(INumberFormat format, uint a, uint b, uint c, Rounding rounding);

    private static readonly (string Name, int Operands, Operation Apply)[] Operations =
    [
        ("mul", 2, (f, a, b, _, r) => f.Multiply(a, b, r, out RoundingFlags _)),
        ("add", 2, (f, a, b, _, r) => f.Add(a, b, r, out RoundingFlags _)),
        ("sub", 2, (f, a, b, _, r) => f.Subtract(a, b, r, out RoundingFlags _)),
        ("div", 2, (f, a, b, _, r) => f.Divide(a, b, r, out RoundingFlags _)),
        ("fma", 3, (f, a, b, c, r) => f.MultiplyAdd(a, b, c, r, out RoundingFlags _)),
        ("lmul", 2, (f, a, b, _, _) => new LMulMultiplier().MultiplyCodes((FloatFormat)f, a, b)),
        ("pam", 2, (_, a, b, _, _) => new PiecewiseAffineMultiplier().MultiplyBits(a, b)),
        ("pad", 2, (_, a, b, _, _) => new PiecewiseAffineMultiplier().DivideBits(a, b)),
    ];

    public VerbCommand Build(Terminal terminal) =>
        new("formats", "Number formats: what they are, and decode, encode and arithmetic as filters",
        "sim formats list", "sim formats show e4m3", "sim formats decode e2m1",
            "echo 3f8ccccd | sim formats encode e4m3 --rounding to_zero --overflow saturate",
        "echo 38,3c | sim formats eval e4m3 --op mul")
    {
        List(terminal), Show(terminal), Decode(terminal), Encode(terminal), Eval(terminal),
    };

    private static VerbCommand List(Terminal terminal)
    {
        Option<bool> json = CommonOptions.Json();
        var command = new VerbCommand("list", "List the named formats and the grammar of the others", "sim formats list",
            "sim formats list --json") { json };
        command.SetAction(parsed =>
        {
            FormatText.List(terminal.Out, parsed.GetValue(json));
            return ExitCode.Ok;
        });
        return command;
    }

    private static VerbCommand Show(Terminal terminal)
    {
        Argument<string> name = Name();
        Option<bool> json = CommonOptions.Json();
        var command = new VerbCommand("show", "Show the fields, range and special codes of a format", "sim formats show e4m3",
            "sim formats show q8.8 --json") { name, json };
        command.SetAction(parsed =>
        {
            if (ComplexFilters.Is(parsed.GetRequiredValue(name))) FormatText.Write(terminal.Out, ComplexFilters.Facts(),
                parsed.GetValue(json));
            else if (BlockFilters.Of(parsed.GetRequiredValue(name)) is { } block) FormatText.Show(terminal.Out, block,
                parsed.GetValue(json));
            else FormatText.Show(terminal.Out, Format(parsed.GetRequiredValue(name)), parsed.GetValue(json));
            return ExitCode.Ok;
        });
        return command;
    }

    private static VerbCommand Decode(Terminal terminal)
    {
        Argument<string> name = Name();
        Option<bool> json = CommonOptions.Json();
        var filter = new Option<bool>("--filter") { Description = "Decode the codes on stdin, one a line, in place of every code" };
        var command = new VerbCommand("decode", "Print code,value,class: every code of a format, or those on stdin",
            "sim formats decode e2m1", "echo 3c00 | sim formats decode fp16 --filter",
            "echo 7f,2a | sim formats decode mxfp4")
            { name, filter, json };
        Option<string?> amax = BlockFilters.TensorAmax();
        command.Options.Add(amax);
        command.SetAction(parsed => ComplexFilters.Is(parsed.GetRequiredValue(name))
            ? ComplexFilters.Decode(new RowWriter(terminal, parsed.GetValue(json), "code", "re", "im"), parsed.GetValue(filter))
            : BlockFilters.Of(parsed.GetRequiredValue(name)) is { } block
            ? BlockFilters.Decode(new RowWriter(terminal, parsed.GetValue(json), "f32_bits"), block, parsed.GetValue(amax))
            : BlockFilters.DemandNone(parsed, amax)
                ?? Decode(new RowWriter(terminal, parsed.GetValue(json), "code", "value", "class"), Format(parsed.GetRequiredValue(name)),
                parsed.GetValue(filter)));
        return command;
    }

    private static int Decode(RowWriter output, INumberFormat format, bool filter)
    {
        CodeText codes = CodeText.Of(format);
        void Append(StringBuilder answer, uint code)
        {
            Exact value = format.Decode(code);
            codes.Append(answer, code);
            answer.Append(',').Append(ExactText.HexFloat(value)).Append(',').Append(ExactText.ClassName(format, value));
        }
        if (filter)
            return new RowFilter(output, 1, 1, "one code").Run((row, answer) =>
            {
                if (codes.TryRead(row, 0, out ulong code)) Append(answer, (uint)code);
            });
        if (format.Bits > MostListedBits)
            throw new InvalidInputException(new Location("sim formats decode"), "CLI002",
                $"'{format.Name}' has 2^{format.Bits} codes; give those to decode on stdin, with --filter");
        var line = new StringBuilder();
        for (uint code = 0; code >> format.Bits == 0; code++)
        {
            Append(line, code);
            output.Write(line);
            line.Clear();
        }
        output.End();
        return ExitCode.Ok;
    }

    private static VerbCommand Encode(Terminal terminal)
    {
        Argument<string> name = Name();
        Option<bool> json = CommonOptions.Json();
        var options = new RoundingOptions();
        var command = new VerbCommand("encode",
            "Read binary32 patterns (8 hexadecimal digits) or binary64 ones (16) on stdin, write codes, rounded once",
            "echo 3f8ccccd | sim formats encode e4m3", "echo 3ff0020000000001 | sim formats encode fp16",
                "echo 3f8ccccd,77 | sim formats encode e4m3 --rounding stochastic --random-bits 8",
            "echo 3f80000040000000 | sim formats encode mxfp4") { name, json };
        options.AddTo(command);
        Option<string?> amax = BlockFilters.TensorAmax();
        command.Options.Add(amax);
        command.SetAction(parsed =>
        {
            if (ComplexFilters.Is(parsed.GetRequiredValue(name))) return ComplexFilters.Encode(new RowWriter(terminal,
                parsed.GetValue(json), "code"));
            if (BlockFilters.Of(parsed.GetRequiredValue(name)) is { } block)
                return BlockFilters.Encode(new RowWriter(terminal, parsed.GetValue(json), "scale", "codes"), block,
                    options.ReadForBlocks(parsed), parsed.GetValue(amax));
            BlockFilters.DemandNone(parsed, amax);
            INumberFormat format = Format(parsed.GetRequiredValue(name));
            Rounding asked = options.Read(parsed);
            CodeText input = CodeText.Of(Binary32), wide = new(64, 64), codes = CodeText.Of(format);
            int columns = 1 + RoundingOptions.Columns(asked);
            return new RowFilter(new RowWriter(terminal, parsed.GetValue(json), "code"), columns, columns, columns == 1
                ? "one binary32 or binary64 pattern" : "a binary32 or binary64 pattern and a random integer").Run((row, answer) =>
            {
                Rounding rounding = asked;
                bool isWide = row.Field(0).Length == wide.Digits;
                if ((isWide ? wide : input).TryRead(row, 0, out ulong bits) & RoundingOptions.TryReadRandom(row, ref rounding))
                    codes.Append(answer, format.Encode(isWide ? Exact.FromDouble(BitConverter.UInt64BitsToDouble(bits))
                        : Binary32.Decode((uint)bits), rounding, out _));
            });
        });
        return command;
    }

    private static VerbCommand Eval(Terminal terminal)
    {
        Argument<string> name = Name();
        Option<bool> json = CommonOptions.Json();
        var op = new Option<string>("--op") { Description = string.Join(", ", Operations.Select(o => o.Name)), Required = true,
            HelpName = "OP" };
        var options = new RoundingOptions();
        var command = new VerbCommand("eval",
            "Read operand codes a,b[,c] on stdin, write the code of a*b, a+b, a-b, a/b or a*b+c, rounded once, or of the L-Mul (lmul) or piecewise-affine product (pam) or quotient (pad)",
            "echo 38,3c | sim formats eval e4m3 --op mul", "echo 3c00,3c01,bc00 | sim formats eval fp16 --op fma --rounding down")
                { name, op, json };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            if (ComplexFilters.Is(parsed.GetRequiredValue(name))) return ComplexFilters.Multiply(new RowWriter(terminal,
                parsed.GetValue(json), "code"), parsed.GetRequiredValue(op));
            INumberFormat format = Format(parsed.GetRequiredValue(name));
            Rounding asked = options.Read(parsed);
            string wanted = parsed.GetRequiredValue(op);
            (string known, int operands, Operation apply) = Operations.FirstOrDefault(o => o.Name == wanted);
            if (known is null)
                throw new InvalidInputException(new Location("sim formats eval"), "CLI002",
                    $"--op '{wanted}' is unknown{NearestName.Hint(wanted, Operations.Select(o => o.Name))} (known: {string.Join(", ", Operations.Select(o => o.Name))})");
            MultiplierSpec? multiplier = wanted switch { "lmul" => new LMulMultiplier(), "pam" or "pad" => new PiecewiseAffineMultiplier(),
                _ => null };
            if (multiplier?.Refuses(format, format) is { } refusal) throw new InvalidInputException(new Location("sim formats eval"),
                "CLI002", $"--op {wanted}: {refusal}");
            CodeText text = CodeText.Of(format);
            int fewest = operands + RoundingOptions.Columns(asked);
            string shape = string.Join(",", "abc".Take(operands)) + (fewest > operands ? " and a random integer" : "");
            return new RowFilter(new RowWriter(terminal, parsed.GetValue(json), "code"), fewest, fewest, shape).Run((row, answer) =>
            {
                Rounding rounding = asked;
                ulong c = 0;
                if (text.TryRead(row, 0, out ulong a) & text.TryRead(row, 1, out ulong b) & (operands < 3 || text.TryRead(row, 2, out c))
                    & RoundingOptions.TryReadRandom(row, ref rounding))
                    text.Append(answer, apply(format, (uint)a, (uint)b, (uint)c, rounding));
            });
        });
        return command;
    }

    private static Argument<string> Name() => new("FORMAT") { Description = "A format's name; `sim formats list` tells which" };

    private static INumberFormat Format(string name) => FormatCatalogue.TryParse(name, out INumberFormat? format, out string error)
        ? format
        : throw new InvalidInputException(new Location("sim formats"), "CLI002", error);
}
