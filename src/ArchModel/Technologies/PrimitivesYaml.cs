using System.Collections.Immutable;
using Sim.Datapath.Structures;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Technologies;

/// <summary>The `primitives` mapping of a technology file: primitive → laws.</summary>
internal static class PrimitivesYaml
{
    /// <summary>No cost of a technology is larger: sums and products of such numbers stay finite.</summary>
    public const double Largest = 1e12;

    // Paths are timed from register to register, and no structure leads one through an exclusive or alone.
    private static readonly ImmutableHashSet<PrimitiveKind> Untimed = [PrimitiveKind.Xor, PrimitiveKind.Register];

    private static readonly ImmutableArray<(LawBasis Basis, YamlField<double> Field)> Bases = [.. PrimitiveWords.Bases.Select(b =>
        (b.Basis, YamlField.Optional(b.Word, YamlTypes.Number(-Largest, Largest), $"Coefficient of {b.Meaning}.")))];

    private static readonly YamlField<CostLaw> Area = YamlField.Required("area_um2", Law(), "Area in µm² as a sum of coefficient × basis.");
    private static readonly YamlField<double> Floor = YamlField.Optional("floor_um2_per_bit", YamlTypes.Number(0, Largest), 0.0, "0",
        "Least area for each bit of width, in µm².");
    private static readonly YamlField<CostLaw> Delay = YamlField.Optional("delay_ns", Law(),
        "Delay on a path in ns. Needed of all but xor and register, on which no path is timed.");
    private static readonly YamlField<double> Energy = YamlField.Required("energy_fj_per_um2",
        YamlTypes.Number(0, Largest, exclusive: true), "Energy of one operation for each µm², in fJ.");
    private static readonly YamlField<double> Leakage = YamlField.Required("leakage_nw_per_um2",
        YamlTypes.Number(0, Largest, exclusive: true), "Leakage for each µm², in nW.");
    private static readonly YamlField<string> Source = YamlField.Required("source", YamlTypes.Text, "Where the laws come from.");

    private static readonly ImmutableArray<(PrimitiveKind Kind, YamlField<PrimitivePrice> Field)> Prices =
        [.. PrimitiveWords.Kinds.Select(k =>
            (k.Kind, YamlField.Optional(k.Word, Price(), $"Laws of the primitive '{k.Word}'; unknown when left out.")))];

    /// <summary>The mapping as a type.</summary>
    public static YamlType<ImmutableSortedDictionary<PrimitiveKind, PrimitivePrice>> Type { get; } = YamlTypes.Map(
        new YamlSchema("primitives", "Laws by primitive.", [.. Prices.Select(p => (YamlField)p.Field)]),
        (YamlMap map, DiagnosticBag bag, out ImmutableSortedDictionary<PrimitiveKind, PrimitivePrice> value) =>
        {
            value = ImmutableSortedDictionary<PrimitiveKind, PrimitivePrice>.Empty;
            foreach ((PrimitiveKind kind, YamlField<PrimitivePrice> field) in Prices)
            {
                if (!field.TryRead(map, bag, out PrimitivePrice price)) continue;
                value = value.Add(kind, price);
                if (price.Delay is null && !Untimed.Contains(kind)) bag.Error(field.Place(map), "CFG004",
                    $"the key 'delay_ns' is missing: paths lead through a '{field.Name}', whose delay would be unknown");
            }
            return true;
        });

    private static YamlType<PrimitivePrice> Price() => YamlTypes.Map(
        new YamlSchema("primitive", "Area, delay, energy and leakage of one primitive.", [Area, Floor, Delay, Energy, Leakage, Source]),
        (YamlMap map, DiagnosticBag bag, out PrimitivePrice value) =>
        {
            bool good = Area.TryRead(map, bag, out CostLaw area) & Floor.TryRead(map, bag, out double floor)
                & Energy.TryRead(map, bag, out double energy)
                & Leakage.TryRead(map, bag, out double leakage) & Source.TryRead(map, bag, out string source);
            CostLaw? delay = Delay.TryRead(map, bag, out CostLaw law) ? law : null;
            value = good ? new PrimitivePrice(area, floor, delay, energy, leakage, source) : null!;
            return good;
        });

    private static YamlType<CostLaw> Law() => YamlTypes.Map(
        new YamlSchema("law", "Coefficients of a sum over functions of the widths n and m in bits.",
            [.. Bases.Select(b => (YamlField)b.Field)]),
        (YamlMap map, DiagnosticBag bag, out CostLaw value) =>
        {
            ImmutableArray<KeyValuePair<LawBasis, double>>.Builder terms = ImmutableArray.CreateBuilder<KeyValuePair<LawBasis, double>>();
            foreach ((LawBasis basis, YamlField<double> field) in Bases)
                if (field.TryRead(map, bag, out double coefficient)) terms.Add(new(basis, coefficient));
            value = new CostLaw(terms.ToImmutable());
            if (terms.Count > 0) return true;
            bag.Error(map.Location, "CFG004",
                $"a law needs one coefficient at least; allowed: {string.Join(", ", Bases.Select(b => b.Field.Name))}");
            return false;
        });
}
