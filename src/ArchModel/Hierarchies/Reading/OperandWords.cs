using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Hierarchies.Reading;

/// <summary>Operands as files name them.</summary>
public static class OperandWords
{
    /// <summary>The operands in their order.</summary>
    public static ImmutableArray<Operand> All { get; } = [Operand.Activations, Operand.Weights, Operand.Outputs];

    /// <summary>One operand.</summary>
    public static YamlType<Operand> One { get; } = YamlTypes.Choice(("activations", Operand.Activations), ("weights", Operand.Weights),
        ("outputs", Operand.Outputs));

    /// <summary>A list of operands.</summary>
    public static YamlType<ImmutableArray<Operand>> Some { get; } = YamlTypes.List(One, 0);

    /// <summary>`true` and `false` for all operands, or a list of those for which it holds.</summary>
    public static YamlType<ImmutableArray<Operand>> SomeOrAll { get; } = new SomeOrAllType();

    /// <summary>`activations`, `weights` or `outputs`.</summary>
    public static string NameOf(Operand operand) => operand switch
    {
        Operand.Activations => "activations",
        Operand.Weights => "weights",
        _ => "outputs",
    };

    /// <summary>A mapping with one optional key an operand.</summary>
    public static YamlType<PerOperand<T?>> Each<T>(string title, string description, YamlType<T> type) where T : struct
    {
        var fields = PerOperand.Of(o => YamlField.Optional(NameOf(o), type, $"Of the {NameOf(o)}."));
        return YamlTypes.Map<PerOperand<T?>>(new YamlSchema(title, description, [.. All.Select(o => (YamlField)fields[o])]),
            (YamlMap map, DiagnosticBag bag, out PerOperand<T?> value) =>
            {
                int before = bag.ErrorCount;
                value = PerOperand.Of<T?>(o => fields[o].TryRead(map, bag, out T read) ? read : null);
                return bag.ErrorCount == before;
            });
    }

    private sealed class SomeOrAllType : YamlType<ImmutableArray<Operand>>
    {
        /// <inheritdoc/>
        public override string Expectation => "true, false or a list of operands (activations, weights, outputs)";

        /// <inheritdoc/>
        public override JsonObject JsonSchema() =>
            new() { ["oneOf"] = new JsonArray(new JsonObject { ["type"] = "boolean" }, Some.JsonSchema()) };

        /// <inheritdoc/>
        public override bool TryRead(YamlNode node, string key, DiagnosticBag bag, out ImmutableArray<Operand> value)
        {
            value = [];
            if (node is YamlList) return Some.TryRead(node, key, bag, out value);
            if (node is YamlScalar { Text: "true" or "True" or "TRUE" }) value = All;
            else if (node is not YamlScalar { Text: "false" or "False" or "FALSE" })
            {
                Reject(node, key, bag);
                return false;
            }
            return true;
        }
    }
}
