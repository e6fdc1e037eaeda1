/* SPDX-License-Identifier: Apache-2.0 */
/* A service for tests of the host: it does what it is told. A request COMMAND carries a script in
   its reason, words between blanks, each one an effect:

     save buffered    journal_latch records; the durable state is their chain
     publish          trading_state "said <n>"; publishes:<n> n of them
     call call:<n>    approval number n to the executor; calls:<n> n of them
     patience:<ms>    of the calls that follow
     answer           command_result with the state's hash and the count of records
     later            answered at the next timer
     timer            due at once
     note             the whole script as a log line
     alert            critical, "alert <n>"
     http             a signed request to the exchange
     full             the disk takes no more bytes from here on
     overflow         more effects than fit
     exit

   What it is told it publishes as trading_state: "start …", "reply <token> <message> …",
   "save_failed", "timer",
   "<publisher> whole", "<publisher> broken", "order <venue id>", another message's name, and "wrong
   …" when time went back or chance repeated itself. STOP makes it exit, unless its configuration
   says stubborn. */
#ifndef TESTS_LIB_TOY_H
#define TESTS_LIB_TOY_H

/* main of the toy: argv[1] names the service that it plays (risk, strategy), the rest are a
 * service's arguments. */
int toy_main(int argc, char **argv);

#endif
