using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// One accumulating register that something else steps, product by product: the Reference kernel's arithmetic without its loops. It starts
/// at zero, as a chunk of a <see cref="ReductionOrder"/> does; a finished chunk joins the running total (the first chunk's register) by
/// <see cref="Add"/>.
/// </summary>
public sealed class ScalarAccumulator
{
    private readonly DatapathSpec _spec;
    private readonly ReferenceRegister _register;
    private readonly int _codesAStep;
    private readonly List<Exact> _activations = [], _weights = [];

    /// <summary>A register at zero.</summary>
    public ScalarAccumulator(DatapathSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (new ReferenceKernel().Refuses(spec, ReductionOrder.Sequential, 1) is { } reason) throw new ArgumentException(reason,
            nameof(spec));
        (_spec, _register) = (spec, ReferenceRegister.For(spec));
        _codesAStep = spec.Dot?.RowCodes(spec.Lanes) ?? 1;
        _register.Clear();
    }

    /// <summary>acc ← acc + a·b, of an activation code and a weight code without zero points. A dot unit steps when its lanes are full, or
    /// the sum is asked for.</summary>
    /// <param name="activation">Code of the activation.</param>
    /// <param name="weight">Code of the weight.</param>
    /// <param name="activationScale">Code of the scale of the activation's block; the first product of a block brings it.</param>
    /// <param name="weightScale">As <paramref name="activationScale"/>.</param>
    public void MultiplyAdd(uint activation, uint weight, uint activationScale = 0, uint weightScale = 0) =>
        MultiplyAdd(activation, 0, weight, 0, activationScale, weightScale);

    /// <summary>Forgets the sum: a register at zero again.</summary>
    public void Clear()
    {
        _activations.Clear();
        _weights.Clear();
        _register.Clear();
    }

    /// <summary>As the other, with zero points of integer codes.</summary>
    public void MultiplyAdd(uint activation, int activationZero, uint weight, int weightZero, uint activationScale, uint weightScale)
    {
        if (_spec.Dot is { Segment: > 0 } unit && _activations.Count % (unit.Segment + 1) == 0)
        {
            _activations.Add(ReferenceBlockRegister.Scale(unit.ActivationScale, activationScale));
            _weights.Add(ReferenceBlockRegister.Scale(unit.WeightScale, weightScale));
        }
        _activations.Add(_spec.InexactMultiplier is null ? ReferenceKernel.Decode(_spec.Activation, activation, activationZero)
            : ReferenceProducts.Of(_spec, activation, weight));
        _weights.Add(_spec.InexactMultiplier is null ? ReferenceKernel.Decode(_spec.Weight, weight, weightZero) : ReferenceProducts.One);
        if (_activations.Count == _codesAStep) Step();
    }

    /// <summary>One step without a product: acc ← acc + chunk.</summary>
    public void Add(ScalarAccumulator chunk)
    {
        ArgumentNullException.ThrowIfNull(chunk);
        chunk.Step();
        Step();
        _register.Add(chunk._register);
    }

    /// <summary>The result as <see cref="IGemmKernel.Run"/> writes it, its events counted. Ends the sum.</summary>
    public long Finish(ref GemmEvents events)
    {
        Step();
        long result = _register.Finish();
        events.Outputs++;
        if (_register.Overflowed) events.OverflowedOutputs++;
        if (_register.IsNaN || _register.LostNaN) events.NaNOutputs++;
        return result;
    }

    /// <summary>The unit steps with the products that it has, fewer than its lanes or not.</summary>
    public void Step()
    {
        _register.MultiplyAdd(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_activations),
            System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_weights));
        _activations.Clear();
        _weights.Clear();
    }
}
