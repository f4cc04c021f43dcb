using System.Runtime.Intrinsics;

namespace Sim.Datapath.Kernels.Lanes;

/// <summary>Rounding of lanes, which hold twice a number, to the nearest posit.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal interface IPositLanes<T>
    where T : unmanaged
{
    /// <summary>a·b + c, rounded once.</summary>
    static abstract Vector512<T> MultiplyAdd(Vector512<T> a, Vector512<T> b, Vector512<T> c);

    /// <summary>a·b - c, rounded once.</summary>
    static abstract Vector512<T> MultiplySubtract(Vector512<T> a, Vector512<T> b, Vector512<T> c);

    /// <summary>Twice the largest posit.</summary>
    T Highest { get; }

    /// <summary>
    /// Sums rounded; <paramref name="largest"/> keeps the largest magnitudes that came by. With <typeparamref name="TLost"/> a tie goes to
    /// where
    /// <paramref name="lost"/> points, and to the even code where that is 0.
    /// </summary>
    Vector512<T> Round<TLost>(Vector512<T> sum, Vector512<T> lost, ref Vector512<T> largest)
        where TLost : struct, IChoice;
}

/// <summary>A choice made when a loop is compiled.</summary>
internal interface IChoice
{
    /// <summary>The choice.</summary>
    static abstract bool IsMade { get; }
}

/// <summary>Made.</summary>
internal readonly struct Chosen : IChoice
{
    public static bool IsMade => true;
}

/// <summary>Not made.</summary>
internal readonly struct NotChosen : IChoice
{
    public static bool IsMade => false;
}
