using System.Text;
using System.Text.Json.Nodes;
using Sim.Cli.Filters;
using Sim.Datapath.Formats;
using Sim.Foundation.Diagnostics;

namespace Sim.Cli.Verbs;

/// <summary>`sim formats` for the complex weights of iFairy: a code is a pair of numbers.</summary>
internal static class ComplexFilters
{
    private static readonly CodeText Pattern = CodeText.Of(FormatCatalogue.Parse("fp32")),
        Code = new(ComplexUnitFormat.Bits, ComplexUnitFormat.Bits);

    /// <summary>Whether a name is that of the complex format.</summary>
    public static bool Is(string name) => name == ComplexUnitFormat.Name;

    /// <summary>The facts that `show` prints.</summary>
    public static JsonObject Facts() => new()
    {
        ["name"] = ComplexUnitFormat.Name,
        ["family"] = "complex",
        ["bits"] = ComplexUnitFormat.Bits,
        ["values"] = "1, i, -1, -i (code k is i^k)",
        ["encoding"] = "nearest by angle; on a diagonal the next root counter-clockwise; 0 is 1",
        ["datapath"] = "real and imaginary parts as ternary weights, two dots of twice the length",
    };

    /// <summary>Writes `code,re,im` of every code, or of those on stdin.</summary>
    public static int Decode(RowWriter output, bool filter)
    {
        void Append(StringBuilder answer, uint code)
        {
            (int re, int im) = ComplexUnitFormat.Decode(code);
            Code.Append(answer, code);
            answer.Append(FormattableString.Invariant($",{re},{im}"));
        }
        if (filter)
            return new RowFilter(output, 1, 1, "one code").Run((row, answer) =>
            {
                if (Code.TryRead(row, 0, out ulong code)) Append(answer, (uint)code);
            });
        for (uint code = 0; code >> ComplexUnitFormat.Bits == 0; code++)
        {
            var line = new StringBuilder();
            Append(line, code);
            output.Write(line);
        }
        output.End();
        return ExitCode.Ok;
    }

    /// <summary>Reads binary32 patterns `re,im`, writes codes.</summary>
    public static int Encode(RowWriter output) =>
        new RowFilter(output, 2, 2, "the binary32 patterns of a real and an imaginary part").Run((row, answer) =>
    {
        if (Pattern.TryRead(row, 0, out ulong re) & Pattern.TryRead(row, 1, out ulong im))
            Code.Append(answer, ComplexUnitFormat.Encode(BitConverter.UInt32BitsToSingle((uint)re),
                BitConverter.UInt32BitsToSingle((uint)im), out _));
    });

    /// <summary>Reads codes `a,b`, writes the code of the product.</summary>
    public static int Multiply(RowWriter output, string operation)
    {
        if (operation != "mul") throw new InvalidInputException(new Location("sim formats eval"), "CLI002",
            $"--op {operation}: {ComplexUnitFormat.Name} is closed under mul only");
        return new RowFilter(output, 2, 2, "a,b").Run((row, answer) =>
        {
            if (Code.TryRead(row, 0, out ulong a) & Code.TryRead(row, 1, out ulong b)) Code.Append(answer,
                ComplexUnitFormat.Multiply((uint)a, (uint)b));
        });
    }
}
