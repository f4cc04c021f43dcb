namespace Sim.Verification.Claims;

/// <summary>
/// One partial sum: products From to Until − 1 in K order, plus the bias when Bias is set, held in register number Register (0: the outer
/// one that ends with the result).
/// </summary>
public readonly record struct SumNode(int From, int Until, bool Bias, int Register);
