namespace Sim.Datapath;

/// <summary>The random integer of an element: a function of its index alone, such as a counter-based generator, so that no order of work
/// changes it.</summary>
/// <param name="element">Index of the element in its tensor.</param>
/// <returns>32 random bits, of which the low ones are used.</returns>
public delegate uint ElementRandom(ulong element);

/// <summary>
/// How the elements of a tensor are rounded: all alike, or, with <paramref name="Random"/>, each with the random bits of its own index, so
/// that the codes of a tensor are the same however it is cut into calls or threads.
/// </summary>
/// <param name="Rounding">Mode, overflow policy and, for stochastic rounding, the number of random bits and the rule; its random integer is
/// used only without <paramref name="Random"/>.</param>
/// <param name="Random">Random bits by element; null: <paramref name="Rounding"/> as it is.</param>
/// <param name="First">Index in its tensor of the element that is number 0 here.</param>
public readonly record struct ElementRounding(Rounding Rounding, ElementRandom? Random = null, ulong First = 0)
{
    /// <summary>The rounding of element <paramref name="index"/>, counted from <see cref="First"/>.</summary>
    public Rounding At(int index) =>
        Random is null ? Rounding : Rounding with { Random = Random(First + (ulong)index) & uint.MaxValue >> 32 - Rounding.RandomBits };

    /// <summary>The same for a part that begins <paramref name="offset"/> elements later.</summary>
    public ElementRounding From(ulong offset) => this with { First = First + offset };

    /// <summary>The same with another overflow policy.</summary>
    internal ElementRounding With(OverflowPolicy overflow) => this with { Rounding = Rounding with { Overflow = overflow } };
}
