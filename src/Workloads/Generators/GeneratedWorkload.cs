using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Generators;

/// <summary>A network to generate and what one run of it does.</summary>
/// <param name="Name">For tables.</param>
/// <param name="Network">Its sizes.</param>
/// <param name="Run">How much a run does.</param>
/// <param name="Optimizer">How a training step updates weights.</param>
public sealed record GeneratedWorkload(string Name, NetworkSizes Network, RunSizes Run, Optimizer Optimizer)
{
    /// <summary>Digest of all that the layers depend on.</summary>
    public string Digest => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Network} {Run} {Optimizer}")));

    /// <summary>The matrix layers of ResNet-50 for one 224×224 image, strides as in the paper, for measurements of speed.</summary>
    public static ImmutableArray<GemmLayer> ResNet50 =>
        new GeneratedWorkload("ResNet-50", new ResNet(50, true, 224, 1000), new RunSizes(), Optimizer.Sgd).Layers().Gemms;

    /// <summary>The layers. <see cref="NetworkSizeException"/> when a layer cannot be, OverflowException when one is too large.</summary>
    public NetworkLayers Layers()
    {
        NetworkLayers forward = Network.Generate(Run) with
        {
            Samples = Run.Batch, CachedTokens = Run.Phase == Phase.Encode ? null : (long)Run.Batch * Run.Context,
        };
        return Run.Training ? TrainingStep.Of(forward, Optimizer) : forward;
    }
}
