using System.Collections.Immutable;
using Sim.Workloads.Graph;

namespace Sim.Verification.Layers.Reading;

/// <summary>What each operator means for integers, one line each. Of an operator that is not here, only the data type of its output is known.</summary>
internal static class NodeReaderCatalogue
{
    private static readonly ImmutableArray<(string Operators, Action<GraphReading, Node> Read)> List =
    [
        ("QLinearConv QLinearMatMul ConvInteger MatMulInteger", IntegerProducts.Read),
        ("Identity Dropout Flatten Reshape Squeeze Unsqueeze", Views.Same),
        ("Transpose Slice Gather Split Expand Tile DepthToSpace SpaceToDepth", Views.Moved),
        ("MaxPool GlobalMaxPool", Views.Chosen),
    ];

    private static readonly Dictionary<string, Action<GraphReading, Node>> ByName =
        List.SelectMany(r => r.Operators.Split(' ').Select(o => (Name: o, r.Read))).ToDictionary(r => r.Name, r => r.Read);

    internal static Action<GraphReading, Node>? Find(Node node) => ByName.GetValueOrDefault(node.OpType);
}
