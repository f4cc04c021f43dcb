using System.Collections.Immutable;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Verification.Claims;
using Sim.Verification.Datapaths.Invariants;
using Sim.Verification.Datapaths.Sums;

namespace Sim.Verification.Datapaths.Networks;

/// <summary>
/// Claims about the sums of one output channel, whose weights are codes and whose activations are free within a set of numbers that holds
/// 0. In a given order the extreme sums, rounded step by step, bound every partial sum and are reached, because every step is monotone. In
/// any order, and in steps of any number of products that alignment cuts towards 0, a float sum of positive products totalling S grows by K
/// roundings to at most (S + Kη)·(1 + u)^K, u being half a unit in the last place (a whole one in directed modes, nothing towards 0) and η
/// the spacing of subnormals.
/// </summary>
/// <param name="spec">The datapath; operands are no blocks.</param>
/// <param name="activations">Activations, 0 among them.</param>
/// <param name="order">k ascending, tiles, or any.</param>
public sealed class ChannelSums(DatapathSpec spec, OperandSet activations, SumOrder order)
{
    private readonly WeightProductTable _table = new(spec, activations);
    private readonly SumStep? _step = SumStep.Of(spec, out _);

    /// <summary>null when claims can be made; else why not.</summary>
    public string? Refuses()
    {
        if (order is not (SequentialOrder or TiledOrder
            or AnyOrder)) return $"order {order.Text} has no meaning in a datapath, whose order is sequential, tiles:N or any";
        if (spec.Dot is { Segment: > 0 }) return "operands in blocks have scales that only the data decide";
        if (spec.Activation is ICodeArithmetic || spec.Weight is ICodeArithmetic) return "products of logarithms are no dyadic numbers";
        return ReferenceKernel.RefusesDot(spec, ReductionOrder.Sequential, 1);
    }

    /// <summary>No partial sum overflows: leaves the register, becomes Inf or NaN, or is clipped.</summary>
    public ChannelVerdict Range(ReadOnlySpan<uint> weights)
    {
        if (_step is null) return new UnknownChannel($"no rule bounds the sums of {spec.Accumulator.GetType().Name}");
        if (spec.InexactMultiplier is not null
            && (activations.Codes.IsEmpty
            || spec.Activation.Bits > 8)) return new UnknownChannel("activations are too wide to try every product");
        WeightProducts[] products = Products(weights);
        int bad = Array.FindIndex(products, p => p.Special is not null);
        if (bad >= 0) return Refute(weights, Only(products.Length, (bad, products[bad].Special!.Value)), [],
            "the multiplier makes a product that is no number") ?? throw Fault();
        return order is AnyOrder && spec.Accumulator is not ExactAccumulator { Quire: null } ? Any(weights, products)
            : Ordered(weights, products);
    }

    /// <summary>Every partial sum, in any order, is a number of the register; null where that says no more than
    /// <see cref="Range"/>.</summary>
    public ChannelVerdict? Exactness(ReadOnlySpan<uint> weights)
    {
        if (spec.Accumulator is IntegerAccumulator or ExactAccumulator) return null;
        if (spec.InexactMultiplier is not null
            && (activations.Codes.IsEmpty
            || spec.Activation.Bits > 8)) return new UnknownChannel("activations are too wide to try every product");
        WeightProducts[] products = Products(weights);
        if (products.Any(p => p.Special is not null)) return new UnknownChannel("the multiplier makes a product that is no number");
        int[] moving = [.. Enumerable.Range(0, products.Length).Where(i => products[i].Finest is not null)];
        if (moving.Length == 0) return new ProvedChannel(default(Interval<Dyadic>));
        int unit = moving.Min(i => products[i].Unit);
        Interval<Dyadic> sum = Sum(products);
        if (ExactSums.Reach(spec, unit) is { } reach && sum.Magnitude <= reach) return new ProvedChannel(sum);
        int fine = moving.MinBy(i => products[i].Unit), large = moving.MaxBy(i => products[i].Range.Magnitude);
        uint End(int i, bool high) => high ? products[i].High : products[i].Low;
        foreach (bool high in new[] { true, false })
        {
            uint[][] candidates =
            [
                Only(products.Length, (fine, products[fine].Finest!.Value)),
                Only(products.Length, (large, End(large, high))),
                large == fine ? [] : Only(products.Length, (large, End(large, high)), (fine, products[fine].Finest!.Value)),
                [.. products.Select((p, i) => i == fine ? p.Finest!.Value : End(i, high))],
                [.. products.Select((_, i) => End(i, high))],
            ];
            foreach (uint[] codes in candidates.Where(c => c.Length > 0))
                if (Inexact(weights, codes) is { } found) return found;
        }
        return new UnknownChannel("no bound shows that sums are exact, and no activations were found that are rounded");
    }

    private WeightProducts[] Products(ReadOnlySpan<uint> weights)
    {
        var products = new WeightProducts[weights.Length];
        for (int i = 0; i < products.Length; i++) products[i] = _table.Of(weights[i]);
        return products;
    }

    private static Interval<Dyadic> Sum(WeightProducts[] products) =>
        products.Aggregate(default(Interval<Dyadic>), (sum, p) => sum + p.Range.WithZero);

    private uint[] Only(int count, params ReadOnlySpan<(int At, uint Code)> set)
    {
        uint[] codes = new uint[count];
        Array.Fill(codes, spec.Activation.Encode(Exact.Zero(), Rounding.NearestEven, out _));
        foreach ((int at, uint code) in set) codes[at] = code;
        return codes;
    }

    private ChannelVerdict Ordered(ReadOnlySpan<uint> weights, WeightProducts[] products)
    {
        if (Chain(products) is { } sums && Finished(sums)) return new ProvedChannel(sums);
        foreach (bool high in new[] { true, false })
            if (Refute(weights, [.. products.Select(p => high ? p.High : p.Low)], [], "the extreme sum overflows") is
                { } refuted) return refuted;
        return _step!.IsExact ? throw Fault()
            : new UnknownChannel("the bound overflows, but the extreme products do not: alignment is not monotone");
    }

    // An exact register rounds once, at the end.
    private bool Finished(Interval<Dyadic> sums) => spec.Accumulator is not ExactAccumulator e || MonotoneRounding.Applies(e.Output)
        && new MonotoneRounding(e.Output, e.Rounding, e.Overflow).Of(sums) is not null;

    private Interval<Dyadic>? Chain(WeightProducts[] products)
    {
        Interval<Dyadic>[] ranges = [.. products.Select(p => p.Range)];
        SumStep step = _step!;
        int chunk = order is TiledOrder tiles ? tiles.Size : ranges.Length;
        Interval<Dyadic>? total = null;
        Interval<Dyadic> all = default;
        for (int start = 0; start < ranges.Length; start += chunk)
        {
            Interval<Dyadic> sum = default;
            int end = Math.Min(ranges.Length, start + chunk);
            for (int i = start; i < end; i += step.Lanes)
            {
                if (step.Next(sum, ranges.AsSpan(i, Math.Min(step.Lanes, end - i))) is not { } next) return null;
                sum = next;
                all = new(Dyadic.Min(all.Low, sum.Low), Dyadic.Max(all.High, sum.High));
            }
            total = total is { } t ? step.Join(t, sum) : sum;
            if (total is not { } now) return null;
            all = new(Dyadic.Min(all.Low, now.Low), Dyadic.Max(all.High, now.High));
        }
        return all;
    }

    private ChannelVerdict Any(ReadOnlySpan<uint> weights, WeightProducts[] products)
    {
        bool simple = spec.Dot is null && spec.Accumulator is FloatAccumulator or IntegerAccumulator or FixedAccumulator
            or ExactAccumulator;
        if (!simple && spec is not { Dot: AlignedDotUnit { Alignment: RoundingMode.ToZero, Scales: null }, Accumulator: FloatAccumulator })
            return new UnknownChannel("sums in any order are bounded for registers that take one product a step and for units that cut terms towards 0; give --order sequential or tiles:N");
        if (Bound(products) is { } sums) return new ProvedChannel(sums);
        // Rising addends lose least: small ones meet each other first.
        foreach (bool high in new[] { true, false })
        {
            uint[] codes = [.. products.Select(p => (high ? p.Range.High.Sign > 0 : p.Range.Low.Sign < 0) ? high ? p.High : p.Low
                : Only(1)[0])];
            ImmutableArray<int> rising = [.. Enumerable.Range(0, products.Length)
                .OrderBy(i => high ? products[i].Range.High : -products[i].Range.Low)];
            foreach (ImmutableArray<int> way in new[] { [], rising })
                if (Refute(weights, codes, way, "the extreme sum overflows") is { } refuted) return refuted;
        }
        return new UnknownChannel("the bound for any order, roundings included, overflows; no order was found that does");
    }

    // Each product as the register takes it, and what roundings can add to sums of one sign.
    private Interval<Dyadic>? Bound(WeightProducts[] products)
    {
        Interval<Dyadic> sum = default;
        MonotoneRounding? rounded = spec.Accumulator is FloatAccumulator { Product: { } p, Rounding: var mode, Overflow: var overflow }
            ? new(p, mode, overflow) : null;
        foreach (WeightProducts product in products)
        {
            Interval<Dyadic> range = product.Range.WithZero;
            if ((spec.Accumulator is FixedAccumulator or IntegerAccumulator ? _step!.Next(default, [range]) : rounded is null ? range
                : rounded.Of(range)) is not { } addend) return null;
            sum += addend;
        }
        if (spec.Accumulator is not FloatAccumulator f) return _step!.Join(default, sum);
        if (f.Format is not FloatFormat format) return null;
        var result = spec.Dot is AlignedDotUnit { Result: { } r } ? r as FloatFormat : format;
        if (result is null) return null;
        Interval<Dyadic> all = f.Rounding == RoundingMode.ToZero ? sum : Grown(sum, products.Length, f.Rounding, format, result);
        return new MonotoneRounding(result, f.Rounding, f.Overflow).Of(all) is { } cut
            ? new MonotoneRounding(format, f.Rounding, f.Overflow).Of(cut) : null;
    }

    // Two roundings a step where a unit has a format of its own for results; the coarser one stands for both.
    private static Interval<Dyadic> Grown(Interval<Dyadic> sum, int steps, RoundingMode mode, FloatFormat format, FloatFormat result)
    {
        int roundings = format == result ? steps : 2 * steps, directed = mode is RoundingMode.NearestEven or RoundingMode.NearestAway ? 0
            : 1;
        Dyadic one = Dyadic.Power(0), step = one + Dyadic.Power(directed - Math.Min(format.Precision, result.Precision)), factor = one;
        // 64 places are kept, rounded up.
        for (int i = 0; i < roundings; i++) factor = new Dyadic((factor * step).Floor(Dyadic.Power(factor.LeadingExponent - 63)) + 1,
            factor.LeadingExponent - 63);
        Dyadic spacing = new(roundings, Math.Max(Spacing(format), Spacing(result)));
        return new((sum.Low - spacing) * factor, (sum.High + spacing) * factor);
    }

    private static int Spacing(FloatFormat format) => format.MinimumExponent - (format.Subnormals ? format.FractionBits : 0);

    private RefutedChannel? Refute(ReadOnlySpan<uint> weights, uint[] codes, ImmutableArray<int> permutation, string reason)
    {
        (long result, bool overflowed, bool isNaN) = Run(weights, codes, permutation);
        return overflowed || isNaN || ExactSums.Held(spec.Accumulator, result) is null
            ? new(new([.. codes], permutation, result, overflowed), reason) : null;
    }

    private RefutedChannel? Inexact(ReadOnlySpan<uint> weights, uint[] codes)
    {
        (long result, bool overflowed, _) = Run(weights, codes, []);
        Dyadic exact = default;
        for (int i = 0; i < codes.Length; i++) exact += Dyadic.Of(_table.Product(codes[i], weights[i]));
        Dyadic? held = ExactSums.Held(spec.Accumulator, result);
        return overflowed || held != exact
            ? new(new([.. codes], [], result, overflowed),
            $"the exact sum is {exact}, the register holds {(held is { } h && !overflowed ? h : "no such number")}") : null;
    }

    private (long Result, bool Overflowed, bool IsNaN) Run(ReadOnlySpan<uint> weights, uint[] codes, ImmutableArray<int> permutation)
    {
        uint[] b = weights.ToArray(), a = codes;
        if (!permutation.IsEmpty) (a, b) = ([.. permutation.Select(i => codes[i])], [.. permutation.Select(i => b[i])]);
        long[] result = new long[1];
        GemmEvents events = default;
        new ReferenceKernel().Run(spec, new ReductionOrder(order is TiledOrder t ? t.Size : 0),
            new GemmOperands { M = 1, N = 1, K = a.Length, A = a, B = b }, result, ref events);
        return (result[0], events.OverflowedOutputs != 0, events.NaNOutputs != 0);
    }

    private static InvalidOperationException Fault() => new("a refutation does not replay: the extreme sum of a channel");
}
