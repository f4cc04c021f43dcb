namespace Sim.Exploration.Store;

/// <summary>A store that cannot be used as asked: not a store, another layout, another study. The message is for the user.</summary>
public sealed class StoreException : Exception
{
    public StoreException() { }

    public StoreException(string message) : base(message) { }

    public StoreException(string message, Exception innerException) : base(message, innerException) { }
}
