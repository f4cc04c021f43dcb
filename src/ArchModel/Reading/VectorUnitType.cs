using System.Collections.Immutable;
using Sim.Datapath.Nonlinear;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Reading;

/// <summary>The `vector` mapping of an architecture.</summary>
internal static class VectorUnitType
{
    // silu and rms_norm have no operator of their own in a network.
    private static readonly ImmutableArray<(VectorFunctionKind Kind, YamlField<string> Field)> FunctionFields =
    [
        .. VectorFunctionCatalogue.Kinds.Where(k => k.Kind is not (VectorFunctionKind.Silu or VectorFunctionKind.RmsNorm))
            .Select(k => (k.Kind,
            YamlField.Optional(k.Name, YamlTypes.Text,
                $"Method and options, as `sim nonlinear {k.Name} --method` takes them. Left out: float32."))),
    ];

    private static readonly YamlField<int> Lanes = YamlField.Required("lanes", YamlTypes.Integer(1, 65536),
        "Elementwise operations a cycle.");

    private static readonly YamlField<ImmutableArray<VectorFunction>> Functions = YamlField.Optional("functions",
        YamlTypes.Map<ImmutableArray<VectorFunction>>(new YamlSchema("vector functions",
            "Functions that are not computed in float32, e.g. softmax: two_pass format=bf16.",
            [.. FunctionFields.Select(f => (YamlField)f.Field)]), ReadFunctions), [], "all in float32",
                "Functions that are not computed in float32.");

    private static readonly YamlField<int> DyadicBits = YamlField.Optional("dyadic_bits", YamlTypes.Integer(2, DyadicScale.MaximumBits), 0,
        "float32",
        "Requantize integer layers by an integer multiplication with so many bits and a shift (HAWQ-V3).");

    /// <summary>The type of the `vector` key.</summary>
    public static YamlType<VectorUnit> Instance { get; } = YamlTypes.Map<VectorUnit>(
        new YamlSchema("vector unit", "Elementwise unit after the array: activation functions, pooling, rescaling.",
            [Lanes, Functions, DyadicBits]), Read);

    private static bool Read(YamlMap map, DiagnosticBag bag, out VectorUnit value)
    {
        int before = bag.ErrorCount;
        bool good = Lanes.TryRead(map, bag, out int lanes);
        ImmutableArray<VectorFunction> functions = Functions.Read(map, bag);
        int bits = DyadicBits.Read(map, bag);
        good &= bag.ErrorCount == before;
        value = new VectorUnit(lanes) { Program = good ? new VectorProgram(functions, bits) : VectorProgram.None };
        return good;
    }

    private static bool ReadFunctions(YamlMap map, DiagnosticBag bag, out ImmutableArray<VectorFunction> value)
    {
        int before = bag.ErrorCount;
        var functions = ImmutableArray.CreateBuilder<VectorFunction>();
        foreach ((VectorFunctionKind kind, YamlField<string> field) in FunctionFields)
        {
            if (!field.TryRead(map, bag, out string text)) continue;
            if (VectorFunctionCatalogue.Parse(kind, text, out string problem) is { } function) functions.Add(function);
            else bag.Error(map[field.Name]!.Location, "CFG120", problem);
        }
        value = functions.ToImmutable();
        return bag.ErrorCount == before;
    }
}
