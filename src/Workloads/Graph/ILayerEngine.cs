namespace Sim.Workloads.Graph;

/// <summary>Takes over single nodes from the float executor: how a datapath replaces the matrix layers of a network.</summary>
public interface ILayerEngine
{
    /// <summary>The node's outputs, or null when the float executor shall run it. Absent optional inputs are null.</summary>
    Tensor[]? Execute(Node node, IReadOnlyList<Tensor?> inputs);
}
