namespace Sim.Datapath;

/// <summary>The only code that shortens a significand.</summary>
public static class Rounder
{
}
