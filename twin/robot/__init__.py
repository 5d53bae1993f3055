"""A robot's side of the contract, without I/O: commands to act on, messages to keep for a resend, the count of boots.

The simulator uses it for every robot, yard and door; a robot written in Python gets it for free.
"""

from __future__ import annotations

from twin.robot.boots import BootCounter
from twin.robot.gate import CommandGate, GateMemory, Verdict, answer, reply
from twin.robot.resend import ResendBuffer, Resent

__all__ = ["BootCounter", "CommandGate", "GateMemory", "ResendBuffer", "Resent", "Verdict", "answer", "reply"]
