using System.Collections.Immutable;
using System.Globalization;
using Sim.ArchModel.Hierarchies;
using Sim.Datapath.Specs;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Nests.Orders;

/// <summary>
/// The order in which a nest adds the products of one output: temporal loops over summed dimensions give the sequence, spatial ones a
/// chain or a tree by position, and a store of partial sums a register of its own format.
/// </summary>
/// <param name="Root">The sum as a tree, rounded last in the outermost memory.</param>
public sealed record NestOrder(SumTree Root)
{
    /// <summary>The order of the output at given coordinates (n, g, m, p, q) of a legal nest. Outputs in shorter edge tiles may leave a
    /// memory less often, so that they are rounded in other places.</summary>
    public static NestOrder Of(LoopNest nest, Hierarchy hierarchy, long n = 0, long g = 0, long m = 0, long p = 0, long q = 0) =>
        new(new OrderBuilder(nest, hierarchy, [n, g, m, 0, p, q, 0, 0]).Build());

    /// <summary>The products in the order of the tree's leaves.</summary>
    public ImmutableArray<long> Permutation
    {
        get
        {
            var leaves = ImmutableArray.CreateBuilder<long>();
            var open = new Stack<SumTree>([Root]);
            while (open.TryPop(out SumTree? tree))
            {
                if (tree is ProductLeaf leaf) leaves.Add(leaf.K);
                ImmutableArray<SumTree> items = Items(tree);
                for (int i = items.Length - 1; i >= 0; i--) open.Push(items[i]);
            }
            return leaves.ToImmutable();
        }
    }

    /// <summary>
    /// Chunk lengths on the permuted products where all registers have one format: consecutive chains of equal length (the last may be
    /// shorter), each added to the running total. Null: the tree is no such order (trees, or chains of chains).
    /// </summary>
    public ReductionOrder? Chunks
    {
        get
        {
            // What a register holds is added on to: registers of one format in a row are one. Products at the front are a first chunk.
            var items = new List<SumTree>();
            Flatten(Root, items);
            int front = items.FindIndex(i => i is not ProductLeaf);
            if (front < 0) return ReductionOrder.Sequential;
            int chunk = front > 0 ? front : Length(items[0]);
            for (int i = front; i < items.Count; i++)
            {
                int length = Length(items[i]);
                if (length == 0 || length > chunk || (length < chunk && i + 1 < items.Count)) return null;
            }
            return new ReductionOrder(chunk);
        }
    }

    // Only the first item may be a total that is carried on; another register with several items is a sum of its own.
    private static void Flatten(SumTree root, List<SumTree> items)
    {
        var open = new Stack<(SumTree Tree, bool CarriesOn)>([(root, true)]);
        while (open.TryPop(out (SumTree Tree, bool CarriesOn) top))
            if (top.Tree is RegisterSum register && (top.CarriesOn || register.Items.Length == 1))
                for (int i = register.Items.Length - 1; i >= 0; i--) open.Push((register.Items[i], top.CarriesOn && i == 0));
            else items.Add(top.Tree);
    }

    // Products of a chain that starts at zero; 0: no such chain.
    private static int Length(SumTree item) => item switch
    {
        ProductLeaf => 1,
        PlaceSum { Kind: Reduction.Chain } chain when chain.Items.All(i => i is ProductLeaf or RegisterSum { Items: [ProductLeaf] }) =>
            chain.Items.Length,
        RegisterSum register when register.Items.All(i => i is ProductLeaf) => register.Items.Length,
        _ => 0,
    };

    private static ImmutableArray<SumTree> Items(SumTree tree) => tree switch
    {
        RegisterSum register => register.Items,
        PlaceSum places => places.Items,
        _ => [],
    };

    /// <summary>The tree as text: `(a + b)` in registers with `@level`, `chain(…)`, `tree(…)`.</summary>
    public override string ToString() => Text(Root);

    private static string Text(SumTree tree) => tree switch
    {
        ProductLeaf leaf => leaf.K.ToString(CultureInfo.InvariantCulture),
        RegisterSum register => $"({string.Join(" + ", register.Items.Select(Text))})@{register.Level}",
        PlaceSum places => $"{(places.Kind == Reduction.Tree ? "tree" : "chain")}({string.Join(", ", places.Items.Select(Text))})",
        _ => throw new ArgumentOutOfRangeException(nameof(tree)),
    };
}
