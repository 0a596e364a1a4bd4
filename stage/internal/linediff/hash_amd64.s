//go:build !purego

#include "textflag.h"

// keep<>+n keeps the last n of 32 bytes.
DATA keep<>+0(SB)/8, $0
DATA keep<>+8(SB)/8, $0
DATA keep<>+16(SB)/8, $0
DATA keep<>+24(SB)/8, $0
DATA keep<>+32(SB)/8, $0xffffffffffffffff
DATA keep<>+40(SB)/8, $0xffffffffffffffff
DATA keep<>+48(SB)/8, $0xffffffffffffffff
DATA keep<>+56(SB)/8, $0xffffffffffffffff
GLOBL keep<>(SB), RODATA|NOPTR, $64

// func hashByVectors(hash *uint64, n int, data *byte, ends *int32, keys *[8]uint64)
//
// Each half of a vector goes through a round of AES with what has come before it, the
// first mixed with keys, one of them times the line's length: the length alone could be
// made up for by the first byte. After one round more they are put
// together and go through a last one: after a single round, a difference of one byte in
// either half could be made up for by one in the other. The last vector of a line ends
// with it and has bytes of the one before it again, or none from before the line.
//
// SI is the text, R8 and R9 a line's start and end there, R10 where its last vector
// begins; X0 and X1 are the halves of a vector, X2 and X3 of what has come before,
// X4 to X7 the keys, R13 that of the length.
TEXT ·hashByVectors(SB), NOSPLIT, $0-40
	MOVQ hash+0(FP), DI
	MOVQ n+8(FP), CX
	MOVQ data+16(FP), SI
	MOVQ ends+24(FP), BX
	MOVQ keys+32(FP), AX
	LEAQ keep<>(SB), R12
	MOVQ (AX), R13
	ORQ $1, R13
	VMOVDQU (AX), X4
	VMOVDQU 16(AX), X5
	VMOVDQU 32(AX), X6
	VMOVDQU 48(AX), X7
	MOVLQSX (BX), R8

line:
	MOVLQSX 4(BX), R9
	MOVQ R9, AX
	SUBQ R8, AX
	MOVQ AX, DX
	IMULQ R13, DX
	VMOVQ DX, X2
	VPXOR X2, X4, X2
	VMOVDQA X5, X3
	LEAQ -32(R9), R10
	VMOVDQU (SI)(R10*1), Y0
	CMPQ AX, $32
	JA long
	VPAND (R12)(AX*1), Y0, Y0

last:
	VEXTRACTI128 $1, Y0, X1
	VPXOR X0, X2, X2
	VPXOR X1, X3, X3
	VAESENC X6, X2, X2
	VAESENC X7, X3, X3
	VAESENC X4, X2, X2
	VAESENC X5, X3, X3
	VPXOR X3, X2, X2
	VAESENC X6, X2, X2
	VMOVQ X2, (DI)
	ADDQ $8, DI
	ADDQ $4, BX
	MOVQ R9, R8
	DECQ CX
	JNZ line
	VZEROUPPER
	RET

long:
	VPXOR (SI)(R8*1), X2, X2
	VPXOR 16(SI)(R8*1), X3, X3
	VAESENC X6, X2, X2
	VAESENC X7, X3, X3
	ADDQ $32, R8
	CMPQ R8, R10
	JB long
	JMP last
