using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Mapper;
using Sim.Mapper.Nests;
using Sim.Mapper.Orders;
using Sim.Mapper.Timing;
using Sim.Workloads.Nests;

namespace Sim.Simulator.Nests;

/// <summary>
/// A machine of memories and fabrics that runs a loop nest step by step with real operands: words are copied from store to store, products
/// read what is there, sums travel through the adders. It shares no arithmetic with the closed forms of counts and time and with the
/// derived order of additions; all three must agree with it.
/// </summary>
public sealed class NestMachine
{
    private readonly LoopNest _nest;
    private readonly Hierarchy _hierarchy;
    private readonly NestOperands _operands;
    private readonly long[] _index;
    private readonly int _computePosition;
    private readonly MachineStores _stores;
    private readonly NestClock _clock;
    private readonly int[] _done;
    private readonly DatapathSpec _spec;
    private readonly NestDepth _depth;
    private long _steps;

    private NestMachine(LoopNest nest, Hierarchy hierarchy, NestWidths widths, ComputeRate rate, DatapathSpec spec, NestOperands operands,
        NestDepth depth, INestObserver? watch)
    {
        (_spec, _depth) = (spec, depth);
        (_nest, _hierarchy, _operands) = (nest, hierarchy, operands);
        _index = new long[nest.Nodes.Length];
        _computePosition = 1 + Enumerable.Range(0, nest.Nodes.Length).Last(n => nest.Nodes[n] is StoreNode);
        _stores = new MachineStores(nest, hierarchy, spec, operands, depth, widths, watch?.Registers);
        var ports = new ClockPorts(hierarchy, widths);
        _clock = new NestClock(hierarchy, ports, _stores.ClockEdges(ports.Resources.Count), _stores.InnermostLevels, rate, _stores.Skew,
            watch);
        _done = new int[checked((int)_stores.Outputs)];
    }

    /// <summary>Runs a legal nest on an architecture.</summary>
    public static NestRun Run(LoopNest nest, HierarchicalArchitecture architecture, NestOperands operands, NestDepth depth,
        INestObserver? watch = null)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        return Run(nest, architecture.Hierarchy, Widths(architecture), Rate(architecture), architecture.Datapath, operands, depth,
            watch);
    }

    // Results leave the chip at the activations' width.
    internal static NestWidths Widths(HierarchicalArchitecture architecture)
    {
        ElementWidths bits = ElementWidths.Of(architecture.Datapath);
        return new NestWidths(bits.Activation, bits.Weight, bits.Sum, bits.Output, bits.PartsPerBit);
    }

    internal static ComputeRate Rate(HierarchicalArchitecture architecture) =>
        new(architecture.Compute.Cycles.Numerator, architecture.Compute.Cycles.Denominator);

    /// <summary>Runs a legal nest.</summary>
    /// <param name="nest">The mapping.</param>
    /// <param name="hierarchy">The machine.</param>
    /// <param name="widths">Bits of stored elements.</param>
    /// <param name="rate">Cycles of a product.</param>
    /// <param name="spec">The datapath.</param>
    /// <param name="operands">Codes.</param>
    /// <param name="depth">How much of the machine moves.</param>
    /// <param name="watch">Who hears of it.</param>
    public static NestRun Run(LoopNest nest, Hierarchy hierarchy, NestWidths widths, ComputeRate rate, DatapathSpec spec,
        NestOperands operands, NestDepth depth = NestDepth.Registers, INestObserver? watch = null)
    {
        ArgumentNullException.ThrowIfNull(nest);
        ArgumentNullException.ThrowIfNull(hierarchy);
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(operands);
        operands.Check();
        if (spec.Dot is { Segment: > 0 })
            throw new NotSupportedException($"datapath '{spec.Name}' takes operands in blocks, which the machine for nests does not move");
        return new NestMachine(nest, hierarchy, widths, rate, spec, operands, depth, watch).Run();
    }

    private NestRun Run()
    {
        var outer = new NestSteps(_nest, 0, _computePosition, _index);
        long products = _nest.Layer.Size(LoopDim.C) * _nest.Layer.Size(LoopDim.R) * _nest.Layer.Size(LoopDim.S);
        Span<long> words = stackalloc long[3];
        int advanced = -1;
        do
        {
            _clock.Step(_stores.Move(advanced, _index, false, word => _done[word] == products), false);
            words.Clear();
            long steps = _stores.Products.Chunk(_index, words, _done);
            _steps += steps;
            _clock.Chunk(steps, words, _index);
            advanced = outer.Next();
        }
        while (advanced >= 0);
        _clock.Step(_stores.Move(-1, _index, true, word => _done[word] == products), true);
        if (_stores.Products.Macs != _nest.Layer.Macs || Array.Exists(_done, d => d != products))
            throw new InvalidOperationException($"{_stores.Products.Macs} products of {_nest.Layer.Macs} were made");
        GemmEvents events = default;
        ImmutableArray<long> results = _depth == NestDepth.Registers ? _stores.Finish(ref events)
            : System.Runtime.InteropServices.ImmutableCollectionsMarshal.AsImmutableArray(OrderedProducts.Of(_operands,
                NestOrders.Of(_nest, _hierarchy, _spec.Lanes), _spec, ref events));
        return new(_clock.End(), _stores.Counts(), _stores.Products.Macs, _steps, results, events);
    }
}
