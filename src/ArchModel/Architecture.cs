using System.Collections.Immutable;
using Sim.Datapath.Nonlinear;
using Sim.Datapath.Specs;

namespace Sim.ArchModel;

/// <summary>Which operand stays in the PEs (Chen et al., Eyeriss taxonomy).</summary>
public enum Dataflow : byte { OutputStationary, WeightStationary, InputStationary }

/// <summary>Operands of a layer.</summary>
[Flags]
public enum Operands : byte { None = 0, Activations = 1, Weights = 2, Outputs = 4, All = 7 }

/// <summary>
/// Systolic array of Rows × Columns PEs. The switches say which phases of consecutive folds overlap: OverlapFill hides the skewed fill of
/// the next fold behind the current one, OverlapDrain the drain of results, OverlapWeightLoad the loading of the stationary operand
/// (double-buffered PE registers).
/// All off is the strictly serial array of SCALE-Sim.
/// </summary>
public sealed record PeArray(int Rows, int Columns, Dataflow Dataflow, bool OverlapFill = false, bool OverlapDrain = false,
    bool OverlapWeightLoad = false);

/// <summary>On-chip buffer. CapacityBytes ≥ 1; PortBits is the width of one access; DoubleBuffered halves the usable capacity and lets
/// loads overlap compute.</summary>
public sealed record BufferLevel(string Name, long CapacityBytes, int PortBits, int Banks, bool DoubleBuffered, Operands Keeps);

/// <summary>Off-chip memory behind one shared bus. BytesPerCycle = null: unlimited. Kind selects the technology's pJ/bit, e.g.
/// `LPDDR4`.</summary>
public sealed record DramLevel(string Kind, double? BytesPerCycle);

/// <summary>Elementwise unit after the array: Lanes operations a cycle, in float32 but for the functions of its program.</summary>
public sealed record VectorUnit(int Lanes)
{
    /// <summary>Functions that are not computed in float32.</summary>
    public VectorProgram Program { get; init; } = VectorProgram.None;
}

/// <summary>A whole accelerator as described by one YAML file. Buffers together keep each operand exactly once.</summary>
public sealed record Architecture(string Name, string TechnologyName, double ClockHertz, DatapathSpec Datapath, PeArray Array,
    ImmutableArray<BufferLevel> Buffers, DramLevel Dram, VectorUnit Vector);
