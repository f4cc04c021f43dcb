using System.Collections.Immutable;
using Sim.Workloads.Execution;
using Sim.Workloads.Graph;
using static Sim.Tests.OracleData;

namespace Sim.Tests;

/// <summary>
/// Every attribute that the catalogue says is understood, of every operator: another value changes the result, or is refused; one that has
/// no part in inference is listed with its reason.
/// </summary>
public sealed class AttributeEffectTests
{
    // ONNX gives these a meaning in training alone, or none for what is computed.
    private static readonly Dictionary<string, string> Inert = new(StringComparer.Ordinal)
    {
        ["BatchNormalization.momentum"] = "updates running statistics in training",
        ["Dropout.ratio"] = "training only", ["Dropout.seed"] = "training only",
        ["MatMulNBits.accuracy_level"] = "the least precision allowed; float32 meets all",
        ["Conv.kernel_shape"] = "must equal the weight's", ["QLinearConv.kernel_shape"] = "must equal the weight's",
            ["ConvInteger.kernel_shape"] = "must equal the weight's",
        ["ReduceMean.noop_with_empty_axes"] = "see ReduceSum: one body", ["ReduceMax.noop_with_empty_axes"] = "see ReduceSum",
            ["ReduceMin.noop_with_empty_axes"] = "see ReduceSum",
        ["ReduceProd.noop_with_empty_axes"] = "see ReduceSum", ["ReduceL1.noop_with_empty_axes"] = "see ReduceSum",
            ["ReduceL2.noop_with_empty_axes"] = "see ReduceSum", ["ReduceSumSquare.noop_with_empty_axes"] = "see ReduceSum",
    };

    [Test]
    public void Every_understood_attribute_changes_the_result_or_is_refused()
    {
        Dictionary<string, AttributeProbe> probes = AttributeProbe.All(new OracleData(3)).ToDictionary(p => p.Key);
        List<string> missing = [], faults = [];
        int changed = 0, refused = 0;
        foreach ((string op, string attribute) in OperatorCatalogue.UnderstoodAttributes)
        {
            string key = $"{op}.{attribute}";
            if (Inert.ContainsKey(key)) continue;
            if (!probes.Remove(key, out AttributeProbe? probe))
            {
                missing.Add(key);
                continue;
            }
            if (Fault(probe) is { } fault) faults.Add($"{key}: {fault}");
            if (probe.Refusal is null) changed++;
            else refused++;
        }
        Assert.That(faults, Is.Empty, string.Join('\n', faults));
        Assert.That(missing, Is.Empty, "no probe says what these do");
        Assert.That(probes.Keys, Is.Empty, "probes of attributes that are not understood");
        Assert.That(changed + refused, Is.GreaterThan(130));
        Truth.Checked("Workloads", "attributes of operators", "ONNX schemas", changed + refused,
            $"{changed} change the result, {refused} refuse what is not supported, {Inert.Count} inert by definition");
    }

    private static string? Fault(AttributeProbe probe)
    {
        try
        {
            Tensor[] before = probe.Run(with: false);
            try
            {
                Tensor[] after = probe.Run(with: true);
                if (probe.Refusal is not null) return "is not refused";
                probe.Import();
                return Enumerable.Range(0, before.Length).All(i => Same(before[i], after[i])) ? "has no effect" : null;
            }
            catch (NetworkException e) when (probe.Refusal is not null)
            {
                if (!e.Message.Contains(probe.Refusal, StringComparison.Ordinal)) return e.Message;
                try
                {
                    probe.Import();
                    return "is refused only when the network runs";
                }
                catch (NetworkException early)
                {
                    return early.Message.Contains(probe.Refusal, StringComparison.Ordinal) ? null : early.Message;
                }
            }
        }
        catch (NetworkException e)
        {
            return e.Message;
        }
    }

    private static bool Same(Tensor a, Tensor b) =>
        a.Type == b.Type && a.Shape.SequenceEqual(b.Shape) && Enumerable.Range(0, a.Count).All(i => a.Real(i).Equals(b.Real(i)));
}
