namespace Sim.Workloads.Generators;

/// <summary>Sizes that make no network; the message says which layer cannot be.</summary>
public sealed class NetworkSizeException : Exception
{
    public NetworkSizeException(string message) : base(message) { }

    public NetworkSizeException() { }

    public NetworkSizeException(string message, Exception inner) : base(message, inner) { }
}
