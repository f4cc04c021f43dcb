using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Topologies;

/// <summary>
/// A product of weights and activations summed into outputs, by the dimensions that index each: an axis of a tensor is a sum of terms, a
/// term a dimension, with a coefficient if it has two words.
/// </summary>
internal sealed record EinsumShape(ImmutableArray<string> Dimensions, IReadOnlyDictionary<string, int> Coefficients,
    ImmutableArray<ImmutableArray<ImmutableArray<string>>> Weights,
    ImmutableArray<ImmutableArray<ImmutableArray<string>>> Activations, ImmutableArray<ImmutableArray<ImmutableArray<string>>> Outputs)
{
    /// <summary>Names of the data spaces.</summary>
    public (string Activations, string Weights, string Outputs) Names { get; init; } = ("Inputs", "Weights", "Outputs");

    /// <summary>The axes of a data space; null after recording what is wrong.</summary>
    public static ImmutableArray<ImmutableArray<ImmutableArray<string>>>? Projection(YamlMap space, string[] dimensions, Dictionary<string,
        int> coefficients, DiagnosticBag bag)
    {
        if (space["projection"] is not YamlList projection)
        {
            bag.Error(space.Location, "TOP006",
                "a data space needs a 'projection': a list of axes, each a list of terms such as [[P, Wstride], [R]]");
            return null;
        }
        int before = bag.ErrorCount;
        var axes = ImmutableArray.CreateBuilder<ImmutableArray<ImmutableArray<string>>>();
        foreach (YamlNode axis in projection.Items)
        {
            var terms = ImmutableArray.CreateBuilder<ImmutableArray<string>>();
            foreach (YamlNode term in axis is YamlList list ? list.Items : [axis])
            {
                ImmutableArray<string> words = term is YamlList { Items: var items } ? [.. items.OfType<YamlScalar>().Select(s => s.Text)]
                    : term is YamlScalar scalar ? [scalar.Text] : [];
                // A coefficient may stand before or behind its dimension.
                if (words.Length == 2 && coefficients.ContainsKey(words[0])) words = [words[1], words[0]];
                if (words.Length is not (1 or 2) || !dimensions.Contains(words[0]) || words.Length == 2
                    && !coefficients.ContainsKey(words[1]))
                    bag.Error(term.Location, "TOP006", "a term is a dimension of the shape, or a dimension and a coefficient");
                else terms.Add(words);
            }
            axes.Add(terms.ToImmutable());
        }
        return bag.ErrorCount > before ? null : axes.ToImmutable();
    }

    /// <summary>The layer for some sizes; null when it is too large to count.</summary>
    public GemmLayer? Layer(string name, IReadOnlyDictionary<string, int> values)
    {
        Int128 groups = 1, m = 1, n = 1, k = 1;
        foreach (string d in Dimensions)
        {
            (bool w, bool a, bool o) = (Uses(Weights, d), Uses(Activations, d), Uses(Outputs, d));
            // In one operand alone, or nowhere: summed over (both operands without the output), or repeated (outputs alone).
            if (w && a && o) groups *= values[d];
            else if (w && o) n *= values[d];
            else if (o) m *= values[d];
            else k *= values[d];
            if (groups > int.MaxValue || m > int.MaxValue || n > int.MaxValue || k > int.MaxValue) return null;
        }
        Int128 inputs = 1;
        foreach (ImmutableArray<ImmutableArray<string>> axis in Activations)
        {
            inputs *= axis.Aggregate((Int128)1, (extent, term) => extent + (Int128)(values[term[0]] - 1) * Factor(term, values));
            if (inputs > long.MaxValue) return null;
        }
        int samples = Activations.Where(IsSample).Select(a => a[0][0]).Distinct().Aggregate(1, (product, d) => product * values[d]);
        ConvGeometry? conv = Convolution(values, (int)m, samples);
        return new GemmLayer(name, "Einsum", (int)groups, (int)m, (int)n, (int)k, (long)inputs, conv) { Batch = conv is null ? 1
            : samples };
    }

    // A dimension of activations and outputs alone: with windows beside, it counts samples.
    private bool IsSample(ImmutableArray<ImmutableArray<string>> axis) =>
        axis.Length == 1 && Uses(Outputs, axis[0][0]) && !Uses(Weights, axis[0][0]);

    // Two axes over each of which a window of weights slides, and samples: im2col shares the elements of a sample.
    private ConvGeometry? Convolution(IReadOnlyDictionary<string, int> values, int m, int samples)
    {
        ImmutableArray<ImmutableArray<string>>[] windows = [.. Activations.Where(a => a.Length == 2)];
        if (windows.Length != 2 || windows.Any(w => Window(w) is null)) return null;
        ((ImmutableArray<string> outX, ImmutableArray<string> tapX), (ImmutableArray<string> outY, ImmutableArray<string> tapY)) =
            (Window(windows[0])!.Value, Window(windows[1])!.Value);
        (int width, int height, int taps, int rows) = (values[outX[0]], values[outY[0]], values[tapX[0]], values[tapY[0]]);
        if ((long)width * height * samples != m) return null;
        int Extent(ImmutableArray<string> output, ImmutableArray<string> tap) =>
            checked(1 + (values[output[0]] - 1) * Factor(output, values) + (values[tap[0]] - 1) * Factor(tap, values));
        long channels = Activations.Where(a => a.Length == 1 && !IsSample(a)).Aggregate(1L, (product, a) => product * values[a[0][0]]);
        return new ConvGeometry(checked((int)channels), Extent(outY, tapY), Extent(outX, tapX), rows, taps, Factor(outY, values),
            Factor(outX, values), 0, 0, 0, 0,
            Factor(tapY, values), Factor(tapX, values), height, width);
    }

    /// <summary>The output and the filter dimension of an axis over which a window slides; null: none does.</summary>
    public (ImmutableArray<string> Output, ImmutableArray<string> Tap)? Window(ImmutableArray<ImmutableArray<string>> axis)
    {
        ImmutableArray<string> output = axis.FirstOrDefault(t => Uses(Outputs, t[0]) && !Uses(Weights, t[0])),
            tap = axis.FirstOrDefault(t => Uses(Weights, t[0]) && !Uses(Outputs, t[0]));
        return output.IsDefault || tap.IsDefault ? null : (output, tap);
    }

    /// <summary>Step of a term.</summary>
    public int Factor(ImmutableArray<string> term, IReadOnlyDictionary<string, int> values) =>
        term.Length == 1 ? 1 : values.GetValueOrDefault(term[1], Coefficients[term[1]]);

    /// <summary>Whether an operand is indexed by a dimension.</summary>
    public static bool Uses(ImmutableArray<ImmutableArray<ImmutableArray<string>>> axes, string dimension) =>
        axes.Any(a => a.Any(t => t[0] == dimension));
}
