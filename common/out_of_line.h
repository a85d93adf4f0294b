/* Keeps a function that most calls of its only caller pass by a function of its own: what it needs
 * of registers and stack is saved by those who enter it, not by all who go past. */
#pragma once

#define OUT_OF_LINE __attribute__((noinline))
