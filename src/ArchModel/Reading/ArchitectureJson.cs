using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Nonlinear;
using Sim.Datapath.Specs;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Reading;

/// <summary>
/// The one canonical JSON text of an architecture: equal architectures give equal texts. It is at the same time a valid architecture file
/// (JSON is YAML), so a design taken out of a report runs again as it is. A technology that was given by path or inline stands by its name
/// only.
/// </summary>
public static class ArchitectureJson
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The architecture as one line of JSON.</summary>
    public static string Write(Architecture architecture) => ToNode(architecture).ToJsonString(Plain);

    /// <summary>As <see cref="Write"/> without the names that change no result (the architecture's and the datapath's): what a design's
    /// digest is made of.</summary>
    public static string WriteIdentity(Architecture architecture)
    {
        JsonObject node = ToNode(architecture);
        node.Remove("name");
        ((JsonObject)node["datapath"]!).Remove("name");
        return node.ToJsonString(Plain);
    }

    /// <summary>The architecture that <see cref="Write"/> wrote. Throws <see cref="InvalidInputException"/> when the text is something
    /// else.</summary>
    public static Architecture Read(string json, string file = "architecture.json")
    {
        var bag = new DiagnosticBag();
        LoadedArchitecture? loaded = YamlDocument.Parse(json, file, bag) is { } document ? ArchitectureReader.Read(document.Root, bag)
            : null;
        bag.ThrowIfErrors();
        return loaded!.Architecture;
    }

    /// <summary>A datapath as one line of JSON, a valid datapath file; <paramref name="named"/> false leaves its name out.</summary>
    public static string Write(DatapathSpec datapath, bool named = true)
    {
        ArgumentNullException.ThrowIfNull(datapath);
        JsonObject node = ToNode(datapath);
        if (!named) node.Remove("name");
        node.Insert(0, YamlDocument.SchemaKey, DatapathReader.Schema.Id);
        return node.ToJsonString(Plain);
    }

    private static JsonObject ToNode(Architecture a)
    {
        ArgumentNullException.ThrowIfNull(a);
        return new JsonObject
        {
            [YamlDocument.SchemaKey] = ArchitectureReader.Schema.Id,
            ["name"] = a.Name,
            ["technology"] = a.TechnologyName,
            ["clock"] = Number(a.ClockHertz, "Hz"),
            ["datapath"] = ToNode(a.Datapath),
            ["array"] = new JsonObject
            {
                ["rows"] = a.Array.Rows,
                ["columns"] = a.Array.Columns,
                ["dataflow"] = a.Array.Dataflow switch
                {
                    Dataflow.OutputStationary => "output_stationary",
                    Dataflow.WeightStationary => "weight_stationary",
                    _ => "input_stationary",
                },
                ["overlap"] = new JsonObject { ["fill"] = a.Array.OverlapFill, ["drain"] = a.Array.OverlapDrain,
                    ["weight_load"] = a.Array.OverlapWeightLoad },
            },
            ["buffers"] = new JsonArray([.. a.Buffers.Select(ToNode)]),
            ["dram"] = new JsonObject { ["kind"] = a.Dram.Kind, ["bandwidth"] = a.Dram.BytesPerCycle is { } b ? Number(b, "B/cycle")
                : "unlimited" },
            ["vector"] = ToNode(a.Vector),
        };
    }

    internal static JsonObject ToNode(VectorUnit unit)
    {
        var node = new JsonObject { ["lanes"] = unit.Lanes };
        if (unit.Program.Functions.Length > 0)
            node["functions"] = new JsonObject(unit.Program.Functions.Select(f =>
                KeyValuePair.Create(VectorFunctionCatalogue.NameOf(f.Kind), (JsonNode?)f.Text)));
        if (unit.Program.DyadicBits > 0) node["dyadic_bits"] = unit.Program.DyadicBits;
        return node;
    }

    private static JsonObject ToNode(BufferLevel b) => new()
    {
        ["name"] = b.Name,
        ["capacity"] = Number(b.CapacityBytes, "B"),
        ["port"] = Number(b.PortBits, "bit"),
        ["banks"] = b.Banks,
        ["double_buffered"] = b.DoubleBuffered,
        ["keeps"] = new JsonArray([.. ActionNames.SingleOperands.Where(o => b.Keeps.HasFlag(o))
            .Select(o => JsonValue.Create(ActionNames.NameOf(o)))]),
    };

    internal static JsonObject ToNode(DatapathSpec d)
    {
        var blocks = d.Dot as BlockDotUnit;
        var node = new JsonObject
        {
            ["name"] = d.Name,
            ["weight"] = ToNode(d.Weight, blocks?.Weights),
            ["activation"] = ToNode(d.Activation, blocks?.Activations),
            ["accumulator"] = ToNode(d.Accumulator is PromotedAccumulator p ? p.Inner : d.Accumulator),
        };
        if (d.Accumulator is PromotedAccumulator { Outer: var outer } promoted)
            node["promote"] = new JsonObject { ["every"] = promoted.Every, ["into"] = outer.Format.Name,
                ["rounding"] = Word(outer.Rounding), ["overflow"] = Word(outer.Overflow) };
        if (d.Dot is { } dot and not BlockDotUnit) node["dot"] = ToNode(dot);
        if (d.Multiplier is { } multiplier) node["multiplier"] = MultiplierType.ToNode(multiplier);
        node["pipeline_stages"] = d.PipelineAuto ? "auto" : d.PipelineStages;
        return node;
    }

    private static JsonNode ToNode(INumberFormat element, BlockFormat? blocks)
    {
        if (blocks is null) return element.Name;
        if (BlockCatalogue.TryParse(blocks.Name, out BlockFormat? named, out _) && named == blocks) return blocks.Name;
        return new JsonObject
        {
            ["element"] = element.Name,
            ["scale"] = blocks.Scale.Name,
            ["block"] = blocks.Size,
            ["rule"] = BlockCatalogue.RuleName(blocks.Rule),
            ["tensor_scale"] = blocks.TwoLevel,
            ["symmetric"] = blocks.Symmetric,
        };
    }

    private static JsonObject ToNode(DotUnitSpec dot)
    {
        if (dot is AdderTreeDotUnit t) return new JsonObject { ["kind"] = t.IsChain ? "chain" : "tree", ["lanes"] = t.Lanes,
            ["format"] = t.Format.Name, ["rounding"] = Word(t.Rounding) };
        if (dot is AlignedSumDotUnit u)
        {
            var apart = new JsonObject { ["kind"] = "aligned_sum", ["lanes"] = u.Lanes, ["fraction"] = Fraction(u.Fraction),
                ["alignment"] = Word(u.Alignment) };
            (apart["sum"], apart["sum_rounding"]) = (u.Sum.Name, Word(u.SumRounding));
            if (u.LeastExponent is { } bound) apart["least_exponent"] = bound;
            return apart;
        }
        if (dot is RealignedDotUnit r)
        {
            var again = new JsonObject { ["kind"] = "realigned", ["lanes"] = r.Lanes, ["fraction"] = r.Fraction, ["groups"] = r.Groups };
            (again["sum_fraction"], again["addend_fraction"]) = (r.SumFraction, r.AddendFraction);
            if (r.AddendReach is { } reach) again["addend_reach"] = reach;
            return again;
        }
        if (dot is not AlignedDotUnit a) throw new ArgumentOutOfRangeException(nameof(dot), dot, "a kind of dot unit without a JSON form");
        var node = new JsonObject { ["kind"] = "aligned", ["lanes"] = a.Lanes, ["fraction"] = Fraction(a.Fraction),
            ["alignment"] = Word(a.Alignment) };
        if (a.Result is { } result) node["result"] = result.Name;
        if (a.Scales is { } s) node["scales"] = new JsonObject { ["format"] = s.Format.Name, ["block"] = s.Block, ["group"] = s.Group };
        if (a.LeastExponent is { } least) node["least_exponent"] = least;
        return node;
    }

    private static JsonNode Fraction(int? kept) => kept is { } bits ? bits : "exact";

    private static JsonObject ToNode(AccumulatorSpec accumulator) => accumulator switch
    {
        IntegerAccumulator i => new JsonObject { ["kind"] = "integer", ["bits"] = i.Bits, ["overflow"] = Word(i.Overflow) },
        FixedAccumulator f => new JsonObject
            { ["kind"] = "fixed", ["bits"] = f.Bits, ["fraction"] = f.Fraction, ["overflow"] = Word(f.Overflow),
                ["rounding"] = Word(f.Rounding) },
        FloatAccumulator f => new JsonObject
            { ["kind"] = "float", ["format"] = f.Format.Name, ["product"] = f.Product?.Name ?? "fused", ["rounding"] = Word(f.Rounding),
                ["overflow"] = Word(f.Overflow) },
        ExactAccumulator { Quire: { } quire } e =>
            new JsonObject { ["kind"] = "quire", ["format"] = e.Output.Name, ["bits"] = quire.Bits, ["rounding"] = Word(e.Rounding) },
        ExactAccumulator e => new JsonObject { ["kind"] = "exact", ["output"] = e.Output.Name, ["rounding"] = Word(e.Rounding),
            ["overflow"] = Word(e.Overflow) },
        CompensatedAccumulator c => new JsonObject { ["kind"] = "compensated", ["format"] = c.Format.Name, ["rounding"] = Word(c.Rounding),
            ["overflow"] = Word(c.Overflow) },
        NormalizingAccumulator n => ToNode(n),
        LogAccumulator l => new JsonObject { ["kind"] = "log", ["format"] = l.Format.Name, ["rounding"] = Word(l.Rounding) },
        MultiComponentAccumulator m => new JsonObject
        {
            ["kind"] = "multi_component", ["format"] = m.Format.Name, ["components"] = m.Components,
                ["sum"] = m.Sum == ErrorFreeSum.Fast2Sum ? "fast2sum" : "two_sum",
            ["product"] = m.SplitProduct ? "split" : "rounded", ["output"] = m.Output.Name, ["rounding"] = Word(m.Rounding),
                ["overflow"] = Word(m.Overflow),
        },
        _ => throw new ArgumentOutOfRangeException(nameof(accumulator), accumulator, "a kind of accumulator without a JSON form"),
    };

    private static JsonObject ToNode(NormalizingAccumulator n)
    {
        var node = new JsonObject { ["kind"] = "unnormalized", ["format"] = n.Format.Name, ["normalization"] = n.Normalization.ToString()
            .ToLowerInvariant() };
        if (n.Normalization == Normalization.Approximate) (node["k"], node["lambda"]) = (n.K, n.Lambda);
        (node["guard"], node["rounding"]) = (n.Guard, Word(n.Rounding));
        return node;
    }

    private static string Word(RegisterOverflow overflow) => overflow == RegisterOverflow.Wrap ? "wrap" : "saturate";

    private static string Word(OverflowPolicy overflow) => overflow switch
    {
        OverflowPolicy.Ieee => "ieee",
        OverflowPolicy.Saturate => "saturate",
        _ => "saturate_inf",
    };

    private static string Word(RoundingMode mode) => mode switch
    {
        RoundingMode.NearestEven => "nearest_even",
        RoundingMode.NearestAway => "nearest_away",
        RoundingMode.ToZero => "to_zero",
        RoundingMode.Up => "up",
        RoundingMode.Down => "down",
        RoundingMode.ToOdd => "to_odd",
        _ => "stochastic",
    };

    private static string Number(double value, string unit) => string.Create(CultureInfo.InvariantCulture, $"{value:R} {unit}");
}
