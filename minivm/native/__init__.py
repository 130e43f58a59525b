"""The native tier: verified bytecode to machine code, through LLVM where it can be had."""
