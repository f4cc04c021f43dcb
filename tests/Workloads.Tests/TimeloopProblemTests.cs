using Sim.Foundation.Diagnostics;
using Sim.Workloads.Graph;
using Sim.Workloads.Topologies;

namespace Sim.Workloads.Tests;

/// <summary>Timeloop problems as layers. Sizes and products of AlexNet's and VGG's layers are those of the papers; the shapes are written
/// as Timeloop's own examples are.</summary>
public class TimeloopProblemTests
{
    private const string Cnn = """
          shape:
            name: CNN_Layer
            dimensions: [ C, M, R, S, N, P, Q ]
            coefficients:
            - {name: Wstride, default: 1}
            - {name: Hstride, default: 1}
            - {name: Wdilation, default: 1}
            - {name: Hdilation, default: 1}
            data_spaces:
            - name: Weights
              projection: [ [ [C] ], [ [M] ], [ [R] ], [ [S] ] ]
            - name: Inputs
              projection: [ [ [N] ], [ [C] ], [ [R, Wdilation], [P, Wstride] ], [ [S, Hdilation], [Q, Hstride] ] ]
            - name: Outputs
              projection: [ [ [N] ], [ [M] ], [ [Q] ], [ [P] ] ]
              read_write: True

        """;

    [Test]
    public void AConvolutionHasTheSizesOfThePaper()
    {
        // AlexNet's first layer (Krizhevsky et al. 2012): 96 filters of 11x11x3, stride 4, 55x55 outputs: 105,415,200 products.
        GemmLayer layer = One("problem:\n" + Cnn + "  instance: {C: 3, M: 96, R: 11, S: 11, N: 1, P: 55, Q: 55, Wstride: 4, Hstride: 4}\n");
        Assert.That((layer.Groups, layer.M, layer.N, layer.K, layer.Macs), Is.EqualTo((1, 3025, 96, 363, 105_415_200L)));
        // 4 * 54 + 11 = 227 pixels a side.
        Assert.That(layer.InputElements, Is.EqualTo(3 * 227 * 227));
        Assert.That(layer.Conv, Is.EqualTo(new ConvGeometry(3, 227, 227, 11, 11, 4, 4, 0, 0, 0, 0, 1, 1, 55, 55)));
    }

    [Test]
    public void TheFirstVersionNamesSizesAlone()
    {
        // VGG-16, conv3_2 (Simonyan and Zisserman 2015): 256 filters of 3x3x256 on 56x56: 1,849,688,064 products.
        GemmLayer layer = One("problem: {shape: cnn-layer, R: 3, S: 3, P: 56, Q: 56, C: 256, K: 256, N: 1}\n");
        Assert.That((layer.M, layer.N, layer.K, layer.Macs), Is.EqualTo((3136, 256, 2304, 1_849_688_064L)));
        Assert.That(layer.Conv!.InputHeight, Is.EqualTo(58));
    }

    [Test]
    public void ProjectionsSayWhatADimensionIsWhateverItsName()
    {
        GemmLayer matrix = One("""
            problem:
              shape:
                dimensions: [x, y, z]
                data-spaces:
                - {name: A, projection: [[[x]], [[z]]]}
                - {name: Weights, projection: [[[z]], [[y]]]}
                - {name: C, projection: [[[x]], [[y]]], read-write: True}
              instance: {x: 5, y: 7, z: 11}
            """);
        Assert.That((matrix.Groups, matrix.M, matrix.N, matrix.K, matrix.InputElements, matrix.Conv),
            Is.EqualTo((1, 5, 7, 11, 55L, (ConvGeometry?)null)));
        GemmLayer depthwise = One("""
            problem:
              shape:
                dimensions: [G, R, S, P, Q]
                data_spaces:
                - {name: Weights, projection: [[[G]], [[R]], [[S]]]}
                - {name: Inputs, projection: [[[G]], [[P], [R]], [[Q], [S]]]}
                - {name: Outputs, projection: [[[G]], [[P]], [[Q]]], read_write: true}
              instance: {G: 32, R: 3, S: 5, P: 10, Q: 20}
            """);
        Assert.That((depthwise.Groups, depthwise.M, depthwise.N, depthwise.K, depthwise.InputElements),
            Is.EqualTo((32, 200, 1, 15, 32L * 12 * 24)));
        Assert.That(depthwise.Conv!.InputChannels, Is.EqualTo(32));
    }

    [TestCase("problem: {shape: cnn-layer, R: 3, S: 3, P: 56, Q: 56, C: 256, K: 256}", "TOP006", "'N' is missing")]
    [TestCase("problem: {shape: cnn-layer, R: 0, S: 3, P: 56, Q: 56, C: 256, K: 256, N: 1}", "TOP006", "'R'")]
    [TestCase("problem: {shape: cnn-layer, R: 3, S: 3, P: 56, Q: 56, C: 256, K: 256, N: 1, X: 4}", "TOP006", "'X'")]
    [TestCase("problem: {shape: cnn-layer, R: 3, S: 3, P: 56, Q: 56, C: 256, K: 256, N: 1, densities: {Weights: 0.5}}", "TOP006",
        "densities are not modelled")]
    [TestCase("problem: {shape: tensor-tower, R: 3}", "TOP007", "tensor-tower")]
    [TestCase("problem: {shape: cnn-layer, R: 3, S: 3, P: 56000, Q: 56000, C: 256, K: 256, N: 1}", "TOP007", "too large")]
    [TestCase("architecture: {name: x}", "TOP005", "problem")]
    public void WhatIsNoLayerIsRefused(string text, string code, string message)
    {
        var bag = new DiagnosticBag();
        Assert.That(TimeloopProblem.Read("p.yaml", text + "\n", bag), Is.Empty);
        Assert.That(bag.Sorted.Select(d => d.Code), Does.Contain(code), bag.ToString());
        Assert.That(bag.ToString(), Does.Contain(message));
    }

    private static GemmLayer One(string text)
    {
        var bag = new DiagnosticBag();
        GemmLayer[] layers = [.. TimeloopProblem.Read("p.yaml", text, bag)];
        Assert.That(bag.ToString(), Is.Empty);
        return layers.Single();
    }
}
