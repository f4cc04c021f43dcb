using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution.Operators;

/// <summary>Rules of shapes that many operators share.</summary>
internal static class ShapeRules
{
    /// <summary>Like the first input.</summary>
    internal static StaticValue[] Same(ShapeCall call) => call.Like(call.In(0).Shape);

    /// <summary>Like the first input, which must be a float that operators compute with.</summary>
    internal static StaticValue[] SameReal(ShapeCall call) =>
        call.In(0).Type.IsReal() ? Same(call) : throw call.Fail($"takes a real tensor, found {call.In(0).Type}");

    /// <summary>Like the first input, which must be held as float32: Float32, Float16 or BFloat16.</summary>
    internal static StaticValue[] SameFloat(ShapeCall call)
    {
        call.RequireFloats(call.In(0).Type, "input");
        return Same(call);
    }

    /// <summary>All inputs broadcast together, of one type, which the result has.</summary>
    internal static StaticValue[] Broadcast(ShapeCall call)
    {
        StaticValue result = call.In(0);
        for (int i = 1; i < call.InputCount; i++)
        {
            if (call.In(i).Type != result.Type) throw call.Fail($"inputs have types {result.Type} and {call.In(i).Type}; both must be the same");
            result = new StaticValue(result.Type, Broadcasting.Shape(call, result.Shape, call.In(i).Shape));
        }
        return [new StaticValue(result.Type, result.Shape)];
    }

    /// <summary>Two inputs of one type that broadcast together; the result is Bool.</summary>
    internal static StaticValue[] Compare(ShapeCall call) => [Broadcast(call)[0] with { Type = ElementType.Bool }];

    /// <summary>The shape of the first input with another type.</summary>
    internal static ShapeRule SameShape(Func<ShapeCall, ElementType> type) => call => [new StaticValue(type(call), call.In(0).Shape)];
}
