using System.Text.Json.Nodes;
using Sim.Foundation.Diagnostics;

namespace Sim.Foundation.Yaml;

/// <summary>What may stand as a value: the one statement from which reading, messages and the JSON schema all follow.</summary>
public abstract class YamlType
{
    /// <summary>Completes "'key' must be ...", e.g. `a positive integer`.</summary>
    public abstract string Expectation { get; }

    /// <summary>JSON schema (2020-12) of the value.</summary>
    public abstract JsonObject JsonSchema();

    /// <summary>Records CFG002 (or another code) for a value that is not allowed.</summary>
    protected void Reject(YamlNode node, string key, DiagnosticBag bag, string code = "CFG002", string detail = "") =>
        bag.Error(node.Location, node is YamlScalar ? code : "CFG006", $"'{key}' must be {Expectation}, found {node.Found}{detail}");
}

/// <summary>A value that is read as <typeparamref name="T"/>.</summary>
public abstract class YamlType<T> : YamlType
{
    /// <summary>Reads a value; false after recording what is wrong with it. <paramref name="key"/> names it in messages.</summary>
    public abstract bool TryRead(YamlNode node, string key, DiagnosticBag bag, out T value);
}

/// <summary>A scalar understood by a function from text; null-free and without side effects.</summary>
/// <param name="expectation">Completes "must be ...".</param>
/// <param name="parse">The value, or false.</param>
/// <param name="schema">JSON schema of the value.</param>
/// <param name="code">Diagnostic code when it is not understood.</param>
/// <param name="hint">Text appended to the message for a rejected scalar, e.g. the nearest name.</param>
public sealed class YamlScalarType<T>(string expectation, YamlScalarType<T>.Parser parse, Func<JsonObject> schema, string code = "CFG002",
    Func<string, string>? hint = null) : YamlType<T>
{
    /// <summary>Understands the text of a scalar.</summary>
    public delegate bool Parser(string text, out T value);

    public override string Expectation => expectation;

    public override JsonObject JsonSchema() => schema();

    public override bool TryRead(YamlNode node, string key, DiagnosticBag bag, out T value)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(bag);
        value = default!;
        if (node is YamlScalar { IsNothing: false } scalar && parse(scalar.Text.Trim(), out value)) return true;
        Reject(node, key, bag, code, node is YamlScalar { IsNothing: false } s ? hint?.Invoke(s.Text) ?? "" : "");
        return false;
    }
}
