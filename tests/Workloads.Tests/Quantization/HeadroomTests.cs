using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Tests.Quantization;

/// <summary>K products of calibrated peaks stay below the largest number of whatever rounds them: the accumulator, or the product before
/// it.</summary>
public class HeadroomTests
{
    private const double Fp16 = 65504, E4M3 = 448;

    [TestCase("fp16", null, 1)]
    [TestCase("fp16", null, 9)]
    [TestCase("fp16", null, 784)]
    [TestCase("fp32", "fp16", 1)]
    [TestCase("fp32", "fp16", 64)]
    public void SumsOfPeaksFit(string accumulator, string? product, int k)
    {
        (double? activation, double? weight) = Peaks(accumulator, product, k);
        double a = activation ?? E4M3, w = weight ?? E4M3;
        Assert.That(k * a * w, Is.InRange(Fp16 / 8, Fp16), "and no more than three powers of two are given away");
    }

    [Test]
    public void WhatFitsKeepsItsRange() => Assert.That(Peaks("fp32", null, 784), Is.EqualTo(((double?)null, (double?)null)));

    private static (double? Activation, double? Weight) Peaks(string accumulator, string? product, int k)
    {
        FormatRange e4m3 = FormatRange.Of(FormatCatalogue.Parse("e4m3"));
        var spec = new FloatAccumulator(FormatCatalogue.Parse(accumulator), RoundingMode.NearestEven, OverflowPolicy.Ieee)
        {
            Product = product is null ? null : FormatCatalogue.Parse(product),
        };
        return Headroom.Peaks(e4m3, e4m3, spec, k);
    }
}
