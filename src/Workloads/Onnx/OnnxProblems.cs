using Sim.Foundation.Diagnostics;

namespace Sim.Workloads.Onnx;

/// <summary>
/// Places findings in an ONNX file. The file is binary, so a place is: line = number of the node in the file, counted from 1
/// (1 for what concerns the whole file), column 1.
/// </summary>
internal sealed class OnnxProblems(string file, DiagnosticBag bag)
{
    /// <summary>A finding about the whole file, a graph value or an initializer.</summary>
    public void File(string code, string message) => bag.Error(new Location(file, 1, 1), code, message);

    /// <summary>A finding about one node.</summary>
    public void Node(int index, string name, string opType, string code, string message) =>
        bag.Error(new Location(file, index + 1, 1), code, $"node '{name}' ({opType}): {message}");
}
