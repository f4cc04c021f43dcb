namespace Sim.Mapper.Nests;

/// <summary>What is wrong with a nest.</summary>
/// <param name="Node">Index of the node; -1: the nest as a whole.</param>
/// <param name="Message">What is wrong and what is allowed.</param>
public sealed record NestProblem(int Node, string Message);
