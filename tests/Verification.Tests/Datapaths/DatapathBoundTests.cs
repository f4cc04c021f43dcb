using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Tests;
using Sim.Verification.Datapaths;
using Sim.Verification.Datapaths.Invariants;

namespace Sim.Verification.Tests.Datapaths;

/// <summary>Stated bounds against exhaustive and adversarial search: alignment, normalization, multipliers, windows.</summary>
public class DatapathBoundTests
{
    [TestCase("e2m1", 2, 3, null), TestCase("e2m1", 3, 2, null), TestCase("e3m2", 2, 4, null), TestCase("e3m2", 2, 2, null),
        TestCase("int4", 2, 3, null), TestCase("e3m2", 2, 4, 2)]
    public void AlignmentNeverLosesMoreThanStated(string operand, int lanes, int kept, int? least)
    {
        // fp32 holds every aligned sum of such operands exactly, so the result tells the loss.
        foreach (RoundingMode mode in new[] { RoundingMode.ToZero, RoundingMode.Down, RoundingMode.NearestEven })
        {
            var unit = new AlignedDotUnit(lanes, kept, mode, LeastExponent: least);
            var spec = new DatapathSpec("aligned", SmallDatapaths.Format(operand), SmallDatapaths.Format(operand),
                SmallDatapaths.Float("fp32")) { Dot = unit };
            (uint A, uint W, double Value)[] products = SmallDatapaths.Products(spec);
            double half = mode == RoundingMode.NearestEven ? 0.5 : 1, worst = 0,
                stated = AlignmentLoss.LosingTerms(spec, unit, kept) * half;
            long cases = 0;
            foreach (SmallDatapaths.Sum sum in SmallDatapaths.Sums(spec, products, lanes).Where((_, i) => lanes == 2 || i % 5 == 0))
            {
                int[] binades = [.. sum.Products.Where(p => products[p].Value != 0)
                    .Select(p => SmallDatapaths.Binade(spec.Activation, products[p].A)
                    + SmallDatapaths.Binade(spec.Weight, products[p].W))];
                if (binades.Length == 0) continue;
                double loss = Math.Abs(sum.Exact - sum.Held) / Math.ScaleB(1, Math.Max(binades.Max(), least ?? int.MinValue) - kept);
                Assert.That(loss, half == 1 ? Is.LessThan(stated) : Is.LessThanOrEqualTo(stated));
                worst = Math.Max(worst, loss);
                cases++;
            }
            Assert.That(cases, Is.GreaterThan(300));
            Assert.That(worst, Is.GreaterThan(0));
        }
    }

    [Test]
    public void TensorCoresLoseCloseToWhatIsStated()
    {
        int shown = 0;
        foreach (string chip in new[] { "h100_e4m3", "a100_bf16", "v100_fp16", "a100_tf32", "h100_fp16" })
        {
            DatapathSpec spec = ChipProfiles.Find(chip)!.Datapath;
            var loss = (ProvedInvariant)InvariantCatalogue.Decide(new DatapathClaim(spec, 1000), ["alignment-loss"]).Single();
            if (loss.Closest is null) continue;
            shown++;
            // Four lanes of tf32 gain less than a last place of binary32.
            if (chip != "a100_tf32") Assert.That(InvariantCatalogue.Decide(new DatapathClaim(spec, 1000), ["monotone"]).Single(),
                Is.InstanceOf<RefutedInvariant>(), chip);
        }
        Assert.That(shown, Is.EqualTo(5));
    }

    [TestCase(1, 2, 3), TestCase(2, 1, 0), TestCase(1, 1, 2)]
    public void NormalizationStaysWithinItsBound(int k, int lambda, int guard)
    {
        var format = (FloatFormat)SmallDatapaths.Format("e4m3_ieee");
        foreach (RoundingMode mode in new[] { RoundingMode.ToZero, RoundingMode.NearestEven })
        {
            var spec = new DatapathSpec("normalizing", SmallDatapaths.Format("e2m1"), SmallDatapaths.Format("e2m1"),
                new NormalizingAccumulator(format, Normalization.Approximate, k, lambda, guard, mode));
            (uint A, uint W, double Value)[] products = SmallDatapaths.Products(spec);
            int window = format.Precision + guard, losing = 4 <= window ? 1 : 2, cases = 0;
            for (uint code = 0; code < 256; code++)
            {
                if (format.Decode(code) is not { Class: NumberClass.Finite } start) continue;
                foreach ((uint a, uint w, double value) in products.Where(p => p.Value != 0))
                {
                    GemmEvents events = default;
                    double held = SmallDatapaths.Held(spec.Accumulator, ReferenceKernel.Dot(spec, code, [a], [w], ref events));
                    if (!double.IsFinite(held)) continue;
                    // The result's top place is at most one above the larger of both.
                    int top = Math.Max(start.Exponent + format.FractionBits, SmallDatapaths.Binade(spec.Activation, a)
                        + SmallDatapaths.Binade(spec.Weight, w) + 1);
                    double error = Math.Abs(held - (start.ToDouble() + value)),
                        last = Math.ScaleB(mode == RoundingMode.ToZero ? 1 : 0.5,
                        Math.Max(top + 1, format.MinimumExponent) - format.Precision + 1);
                    Assert.That(error, Is.LessThanOrEqualTo(losing * Math.ScaleB(1, top - window + 1) + last));
                    cases++;
                }
            }
            Assert.That(cases, Is.GreaterThan(2000));
            Assert.That(InvariantCatalogue.Decide(new DatapathClaim(spec, 8)).Select(v => v.Invariant),
                Does.Contain("normalization-error").And.Contain("normalization-range"));
        }
    }

    [TestCase("lmul", "e4m3", -17, 529, 1, 8), TestCase("lmul", "e5m2", 7, 121, 1, 4), TestCase("mitchell", "int8", -1, 9, 0, 1),
        TestCase("mitchell", "e3m4", -1, 9, 0, 1)]
    public void MultipliersStayWithinTheirFormulas(string kind, string format, int low, int lowBy, int high, int highBy)
    {
        MultiplierSpec multiplier = kind == "lmul" ? new LMulMultiplier() : new MitchellMultiplier();
        (Ratio Low, Ratio High, string Why) bound = MultiplierBounds.Of(multiplier, SmallDatapaths.Format(format))!.Value;
        Assert.That((bound.Low, bound.High), Is.EqualTo((new Ratio(low, lowBy), new Ratio(high, highBy))));
        var spec = new DatapathSpec(kind, SmallDatapaths.Format(format), SmallDatapaths.Format(format), SmallDatapaths.Float("fp32"))
            { Multiplier = multiplier };
        var verdict = (ProvedInvariant)InvariantCatalogue.Decide(new DatapathClaim(spec, 1), ["multiplier-error"]).Single();
        Assert.That(verdict.Cases, Is.GreaterThan(10_000));
        Assert.That(verdict.Digest, Has.Length.EqualTo(64));
    }

    [Test]
    public void MitchellsWorstErrorIsTheOneHePublished()
    {
        // IRE Trans. EC-11 (1962): at most 11.1 % below; reached at fractions of one half.
        var spec = new DatapathSpec("mitchell", SmallDatapaths.Format("int8"), SmallDatapaths.Format("int8"),
            new IntegerAccumulator(32, RegisterOverflow.Wrap)) { Multiplier = new MitchellMultiplier() };
        var verdict = (ProvedInvariant)InvariantCatalogue.Decide(new DatapathClaim(spec, 1), ["multiplier-error"]).Single();
        Assert.That(verdict.Bound, Does.StartWith("from -1/9 (-11.1111 %) to 0/1"));
        Truth.Checked("Proofs", "largest error of Mitchell's multiplication", "Mitchell, IRE Trans. EC-11, 1962: 11.1 %", verdict.Cases,
            "-1/9 reached, over every pair of int8");
    }

    [Test]
    public void WindowsAndQuiresHoldAsManyProductsAsStated()
    {
        var posit = (PositFormat)SmallDatapaths.Format("posit6_1");
        for (int bits = Quire.FewestBits(posit); bits < Quire.FewestBits(posit) + 6; bits++)
        {
            var spec = new DatapathSpec("quire", posit, posit, Quire.Accumulator(posit, bits, RoundingMode.NearestEven));
            // 2^(bits - 1) units, of which the largest product has 2^(4·8): one less than the quotient fits.
            long safe = (1L << bits - 1 - 4 * posit.MaximumExponent) - 1;
            foreach (long terms in new[] { safe, safe + 1 })
            {
                InvariantVerdict verdict = InvariantCatalogue.Decide(new DatapathClaim(spec, Math.Max(1, terms)), ["quire-capacity"])
                    .Single();
                Assert.That(verdict is ProvedInvariant, Is.EqualTo(terms == safe || terms < 1), $"{bits} bits, {terms} products");
            }
        }
    }

    [Test]
    public void AKulischRegisterOverflowsWithOneMoreTermThanItsCarryBitsAllow()
    {
        INumberFormat e5m2 = SmallDatapaths.Format("e5m2");
        var spec = new DatapathSpec("kulisch", e5m2, e5m2,
            new ExactAccumulator(SmallDatapaths.Format("fp32"), RoundingMode.NearestEven, OverflowPolicy.Ieee) { CarryBits = 4 });
        // Products have units of 2^-32 and reach 57344² < 2^32: 64 places, a sign and 4 carry bits give 2^68 units.
        long safe = (long)((System.Numerics.BigInteger.Pow(2, 68) - 1) / (System.Numerics.BigInteger.Pow(57344, 2) << 32));
        Assert.That(InvariantCatalogue.Decide(new DatapathClaim(spec, safe), ["exact-window"]).Single(), Is.InstanceOf<ProvedInvariant>());
        var refuted = (RefutedInvariant)InvariantCatalogue.Decide(new DatapathClaim(spec, safe + 1), ["exact-window"]).Single();
        Assert.That(refuted.Witness.Terms, Is.EqualTo(safe + 1));
    }

    [TestCase("int8", 16384, 32), TestCase("int4", 64, 16), TestCase("uint8", 65025, 24)]
    public void IntegerRegistersHoldAsManyProductsAsTheLargestAllows(string operand, int largest, int bits)
    {
        var spec = new DatapathSpec("integer", SmallDatapaths.Format(operand), SmallDatapaths.Format(operand),
            new IntegerAccumulator(bits, RegisterOverflow.Wrap));
        long safe = ((1L << bits - 1) - 1) / largest;
        Assert.That(InvariantCatalogue.Decide(new DatapathClaim(spec, safe), ["range"]).Single(), Is.InstanceOf<ProvedInvariant>());
        var refuted = (RefutedInvariant)InvariantCatalogue.Decide(new DatapathClaim(spec, safe + 1), ["range"]).Single();
        Assert.That((refuted.Witness.Terms, refuted.Witness.Overflowed), Is.EqualTo((safe + 1, true)));
    }

    [Test]
    public void LeapsThroughABinadeEndWhereStepsDo()
    {
        // int8 products of 3·2^10 and e5m2 ones: single steps of the kernel against the chain, over many binades of the register.
        foreach ((string operand, string register, RoundingMode mode) in new[]
            { ("e5m2", "fp16", RoundingMode.NearestEven), ("int4", "e5m2", RoundingMode.ToZero),
            ("e2m1", "fp16", RoundingMode.NearestEven), ("e2m1", "bf16", RoundingMode.NearestAway), ("e3m2", "fp16", RoundingMode.Up) })
        {
            var spec = new DatapathSpec("chain", SmallDatapaths.Format(operand), SmallDatapaths.Format(operand),
                SmallDatapaths.Float(register, mode));
            foreach (long terms in new[] { 100L, 3000, 20000 })
            {
                var claim = new DatapathClaim(spec, terms, operand == "e5m2" ? new(Dyadic.Power(-3), new Dyadic(7, -2)) : null);
                GemmEvents events = default;
                CodePair pair = claim.Products!.Highest;
                uint[] a = [.. Enumerable.Repeat(pair.Activation, (int)terms)], w = [.. Enumerable.Repeat(pair.Weight, (int)terms)];
                double held = SmallDatapaths.Held(spec.Accumulator, ReferenceKernel.Dot(spec, 0, a, w, ref events));
                Assert.That(InvariantCatalogue.Decide(claim, ["range"]).Single() is RefutedInvariant, Is.EqualTo(!double.IsFinite(held)),
                    $"{operand} {register} {terms}");
                if (double.IsFinite(held)) Assert.That(SumBounds.Of(spec, claim.Products.Range, terms)!.Value.High.ToDouble(),
                    Is.EqualTo(held), $"{operand} {register} {terms}");
            }
        }
    }
}
