using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Sim.Cli.Filters;
using Sim.Datapath.Formats;
using Sim.Datapath.Nonlinear;
using Sim.Foundation.Diagnostics;

namespace Sim.Cli.Verbs;

/// <summary>`sim nonlinear`: the vector unit's functions as a filter of rows of codes.</summary>
internal sealed class NonlinearVerb : IVerb
{
    public VerbCommand Build(Terminal terminal)
    {
        var function = new Argument<string>("FUNCTION")
            { Description = $"{string.Join(", ", VectorFunctionCatalogue.Kinds.Select(k => k.Name))}; or list" };
        var method = new Option<string>("--method")
            { Description = "Implementation and its options, e.g. 'two_pass format=fp16'; `sim nonlinear list` shows all",
            HelpName = "TEXT", DefaultValueFactory = _ => "exact" };
        var floats = new Option<bool>("--float")
            { Description = "Read and write binary32 patterns in place of codes: inputs are rounded to the nearest code, results are the codes' values" };
        var show = new Option<bool>("--show") { Description = "Print the canonical text, formats and scales in place of filtering" };
        var error = new Option<double?>("--error")
            { Description = "Print the distance from the true function over every code of magnitude at most R in place of filtering",
            HelpName = "R" };
        Option<bool> json = CommonOptions.Json();
        var command = new VerbCommand("nonlinear",
            "Read rows of codes (concatenated) on stdin, write the function's codes: softmax, GELU, norms and others, exact, approximate or integer-only",
            "echo 3c004000 | sim nonlinear softmax --method 'exact format=fp16'",
                "echo 10f0 | sim nonlinear gelu --method 'ibert scale=0.0625'",
            "echo 3f800000 | sim nonlinear tanh --method 'pade format=bf16 order=3' --float",
                "sim nonlinear softmax --method 'ivit scale=0.0625' --show", "sim nonlinear gelu --method 'ibert scale=0.0625' --error 8",
                "sim nonlinear list")
            { function, method, floats, show, error, json };
        command.SetAction(parsed =>
        {
            string name = parsed.GetRequiredValue(function);
            if (name == "list") return List(new RowWriter(terminal, parsed.GetValue(json), "function", "method", "options", "description"));
            VectorFunction unit = Parse(name, parsed.GetValue(method)!);
            if (parsed.GetValue(error) is { } range)
                return Error(new RowWriter(terminal, parsed.GetValue(json), "method", "codes", "max_absolute", "at", "max_ulps",
                    "not_correctly_rounded"), unit, range);
            return parsed.GetValue(show) ? Show(new RowWriter(terminal, parsed.GetValue(json), "method", "input", "input_scale", "output",
                "output_scale"), unit)
                : Filter(new RowWriter(terminal, parsed.GetValue(json), "codes"), unit, parsed.GetValue(floats));
        });
        return command;
    }

    private static VectorFunction Parse(string name, string method)
    {
        (string known, VectorFunctionKind kind) = VectorFunctionCatalogue.Kinds.FirstOrDefault(k => k.Name == name);
        var place = new Location("sim nonlinear");
        if (known is null)
            throw new InvalidInputException(place, "CLI002",
                $"function '{name}' is unknown{NearestName.Hint(name, VectorFunctionCatalogue.Kinds.Select(k => k.Name))} (known: {string.Join(", ", VectorFunctionCatalogue.Kinds.Select(k => k.Name))})");
        return VectorFunctionCatalogue.Parse(kind, method, out string problem) ?? throw new InvalidInputException(place, "CLI002", problem);
    }

    private static int List(RowWriter output)
    {
        foreach ((string name, VectorFunctionKind kind) in VectorFunctionCatalogue.Kinds)
            foreach (VectorMethod method in VectorFunctionCatalogue.Methods.Where(m => m.Kinds.Contains(kind)))
                output.Write(new System.Text.StringBuilder($"{name},{method.Name},{Plain(method.Options)},{Plain(method.Description)}"));
        output.End();
        return ExitCode.Ok;
    }

    // The lists are read as comma-separated columns.
    private static string Plain(string text) => text.Replace(",", ";", StringComparison.Ordinal);

    private static int Show(RowWriter output, VectorFunction unit)
    {
        output.Write(new System.Text.StringBuilder(string.Create(CultureInfo.InvariantCulture,
            $"{Plain(unit.Text)},{unit.Input.Name},{unit.InputScale:R},{unit.Output.Name},{unit.OutputScale:R}")));
        output.End();
        return ExitCode.Ok;
    }

    private static int Error(RowWriter output, VectorFunction unit, double range)
    {
        VectorError measured = VectorError.Measure(unit, range)
            ?? throw new InvalidInputException(new Location("sim nonlinear"), "CLI002",
                "--error measures elementwise functions of at most 16 input bits; this one shares rows or is wider");
        output.Write(new System.Text.StringBuilder(string.Create(CultureInfo.InvariantCulture,
            $"{Plain(unit.Text)},{measured.Codes},{measured.Absolute:0.000e+0},{measured.At:R},{measured.Ulps?.ToString(CultureInfo.InvariantCulture) ?? "-"},{measured.Wrong?.ToString(CultureInfo.InvariantCulture) ?? "-"}")));
        output.End();
        return ExitCode.Ok;
    }

    private static int Filter(RowWriter output, VectorFunction unit, bool floats)
    {
        CodeText input = CodeText.Of(unit.Input), result = CodeText.Of(unit.Output), pattern = CodeText.Of(FormatCatalogue.Parse("fp32"));
        var conversion = new FloatRows(unit);
        List<uint> row = [];
        uint[] codes = [];
        return new RowFilter(output, 1, 1, "one row of codes").Run((text, answer) =>
        {
            if (!(floats ? pattern : input).TryReadAll(text, 0, row)) return;
            if (codes.Length != row.Count) codes = new uint[row.Count];
            Span<uint> given = CollectionsMarshal.AsSpan(row);
            if (!floats)
                unit.Apply(given, codes);
            else
            {
                float[] values = [.. row.Select(BitConverter.UInt32BitsToSingle)];
                conversion.Apply(values, values);
                for (int i = 0; i < codes.Length; i++) codes[i] = BitConverter.SingleToUInt32Bits(values[i]);
            }
            foreach (uint code in codes) (floats ? pattern : result).Append(answer, code);
        });
    }
}
