/* Two-phase commit with three resource managers, as tests/explorer/toys.py has it.
   Every turn is one d_step, so spin's stored states are those of the model.
   rm: 0 working, 1 prepared, 2 committed, 3 aborted; tm: 0 init, 1 committed, 2 aborted */
byte rm[3]; byte tm;
bit heard[3]; bit said[3]; bit commit; bit abort;

#define TURNS(i) \
    :: d_step { tm == 0 && said[i] && !heard[i] -> heard[i] = 1 } \
    :: d_step { rm[i] == 0 -> rm[i] = 1; said[i] = 1 } \
    :: d_step { rm[i] == 0 -> rm[i] = 3 } \
    :: d_step { commit && rm[i] != 2 -> rm[i] = 2 } \
    :: d_step { abort && rm[i] != 3 -> rm[i] = 3 }

active proctype everybody() {
end: do
    :: d_step { tm == 0 && heard[0] && heard[1] && heard[2] -> tm = 1; commit = 1 }
    :: d_step { tm == 0 -> tm = 2; abort = 1 }
    TURNS(0)
    TURNS(1)
    TURNS(2)
    od
}
