using Sim.Datapath;
using Sim.Datapath.Formats;
using Sim.Datapath.Structures;

namespace Sim.ArchModel.Costs;

/// <summary>One lane of the elementwise unit: a float32 multiplier, a float32 adder and three operand registers. An operation is priced as
/// a multiply and an add.</summary>
public static class VectorLane
{
    private static readonly INumberFormat Float32 = FormatCatalogue.Named.First(f => f.Name == "fp32");

    /// <summary>The lane's hardware.</summary>
    public static Structure Whole { get; } = Build();

    private static Structure Build()
    {
        var product = new ProductShape(Float32.Shape, Float32.Shape);
        return product.Multiplier()
            + FloatUnits.ProductRounder(product, Float32.Shape, RoundingMode.NearestEven)
            + FloatUnits.Adder(Float32.Shape, Float32.Shape, RoundingMode.NearestEven)
                .With("operand registers", PrimitiveKind.Register, Float32.Bits, count: 3);
    }
}
