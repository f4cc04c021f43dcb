using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;

namespace Sim.Simulator.Execution;

/// <summary>
/// The weights of one group of a layer and the fastest kernel that is exact for them; packed when they are first multiplied, as many plans
/// are made for their key alone.
/// Safe for concurrent use.
/// </summary>
internal sealed class LayerKernel
{
    private readonly DatapathSpec _spec;
    private readonly ReductionOrder _order;
    private readonly IGemmKernel _kernel;
    private readonly uint[] _codes;
    private readonly int[] _zeroPoints;
    private readonly int _n, _k;
    private readonly Lazy<PackedWeights?> _packed;

    internal LayerKernel(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes, ReadOnlySpan<int> zeroPoints)
    {
        (_spec, _order, _n, _k, _codes, _zeroPoints) = (spec, order, n, k, codes.ToArray(), zeroPoints.ToArray());
        _kernel = KernelCatalogue.Select(spec, order, k);
        _packed = new(() => _kernel is TiledKernel tiled ? tiled.Pack(_spec, _order, _n, _k, _codes, _zeroPoints) : null);
    }

    /// <summary>N×K weight codes.</summary>
    internal uint[] Codes => _codes;

    /// <summary>A zero point for each N, or none.</summary>
    internal int[] ZeroPoints => _zeroPoints;

    /// <summary>The kernel's name.</summary>
    internal string Name => _kernel.Name;

    /// <summary>Whether the reference computes it, because no other kernel is exact.</summary>
    internal bool IsReference => _kernel is ReferenceKernel;

    /// <summary>Why no kernel can execute a datapath, or null.</summary>
    internal static string? Refusal(DatapathSpec spec) => new ReferenceKernel().Refuses(spec, ReductionOrder.Sequential, 1);

    /// <summary>Sums of <paramref name="m"/> rows of activation codes.</summary>
    internal void Run(int m, ReadOnlySpan<uint> rows, int zeroPoint, Span<long> sums, ref GemmEvents events)
    {
        if (_packed.Value is { } packed)
        {
            packed.Run(m, rows, zeroPoint, sums, ref events);
            return;
        }
        var operands = new GemmOperands { M = m, N = _n, K = _k, A = rows, B = _codes, ZeroPointA = zeroPoint, ZeroPointsB = _zeroPoints };
        _kernel.Run(_spec, _order, operands, sums, ref events);
    }
}
