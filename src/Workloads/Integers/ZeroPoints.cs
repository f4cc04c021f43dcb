namespace Sim.Workloads.Integers;

/// <summary>What the multipliers take when operands have zero points.</summary>
public enum ZeroPoints
{
    /// <summary>(x − z_x)·(w − z_w).</summary>
    Folded,

    /// <summary>x·w as stored; the correction −z_x·Σw is part of the bias. Needs weights without zero points.</summary>
    Raw,
}
